#ifndef HEAP_DUMP_HEAP_CODE_OF_PROGRAM_H_
#define HEAP_DUMP_HEAP_CODE_OF_PROGRAM_H_

#include <ruby.h>
#include <ruby/st.h>

#include "heap/dumped_objects.h"
#include "text/code_words.h"

namespace heap_dump {

// Adds the words of everything that this process has loaded: of its libraries,
// of the files that its iseqs, constants and $LOADED_FEATURES name. `constants`
// is for rb_mod_const_at. Makes no Ruby object.
void AddCodeOfProgram(const DumpedObjects& objects, st_table* constants,
                      CodeWords* words);

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_CODE_OF_PROGRAM_H_
