#ifndef HEAPQ_INDEXER_INPUT_ODD_FORM_H_
#define HEAPQ_INDEXER_INPUT_ODD_FORM_H_

#include <string>
#include <string_view>

namespace heapq {

// Forms in which a dump can't be read although it may be whole, recognised by
// the first bytes of the unpacked file, `head`. Each function answers a
// sentence for people that names the form and the command that repairs it, or
// "" if the file has none of these forms. `path` is the file's.

// Forms that must be refused before anything is read: a tar archive, UTF-16.
std::string WrappedForm(std::string_view head, const std::string& path);

// Forms of text in which no line is a record: records in log lines, records
// laid out over several lines. To be asked once reading has failed.
std::string ReshapedForm(std::string_view head, const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_INPUT_ODD_FORM_H_
