#include "indexer/input/packed_source.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr size_t kInputSize = 256 << 10;

// The packed bytes at hand, refilled when used up.
class PackedInput {
 public:
  explicit PackedInput(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), buffer_(kInputSize) {}

  // False at the end of the file.
  absl::StatusOr<bool> Refill() {
    if (begin_ < end_) return true;
    ASSIGN_OR_RETURN(end_, source_->Read(buffer_.data(), buffer_.size()));
    begin_ = 0;
    return end_ > 0;
  }
  const char* data() const { return buffer_.data() + begin_; }
  size_t size() const { return end_ - begin_; }
  void Advance(size_t bytes) { begin_ += bytes; }

  const ByteSource& source() const { return *source_; }
  // A checksum only says that something before it is wrong.
  absl::Status Damaged(std::string_view what) const {
    const auto has = [&what](const char* part) {
      return what.find(part) != std::string_view::npos;
    };
    const bool checksum =
        has("data check") || has("length check") || has("checksum");
    return absl::DataLossError(absl::StrCat(
        "packed data damaged ", checksum ? "somewhere before" : "near",
        " byte ", source_->consumed() - size(), " of the file (",
        absl::string_view(what.data(), what.size()),
        "); what could be unpacked was read"));
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source)
      : input_(std::move(source)) {
    ok_ = inflateInit2(&stream_, 15 + 16) == Z_OK;  // gzip header expected
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (!ok_) return absl::ResourceExhaustedError("no memory for zlib");
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      ASSIGN_OR_RETURN(const bool more, input_.Refill());
      if (!more && !inside_member_) return size_t{0};
      if (!inside_member_) inflateReset(&stream_);
      inside_member_ = true;
      stream_.next_in =
          reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
      stream_.avail_in = static_cast<uInt>(input_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      input_.Advance(input_.size() - stream_.avail_in);
      if (code == Z_STREAM_END) {
        inside_member_ = false;
      } else if (!more && stream_.avail_out == size) {
        // Even what zlib had taken in but not yet given out is through.
        failure_ = input_.Damaged("the file ends too early");
        break;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        failure_ =
            input_.Damaged(stream_.msg != nullptr ? stream_.msg : "gzip");
        break;
      }
    }
    const size_t got = size - stream_.avail_out;
    if (got == 0 && !failure_.ok()) return failure_;
    return got;
  }
  uint64_t consumed() const override {
    return input_.source().consumed() - input_.size();
  }
  uint64_t total() const override { return input_.source().total(); }

 private:
  PackedInput input_;
  z_stream stream_ = {};
  bool ok_ = false;
  bool inside_member_ = false;
  absl::Status failure_;
};

class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source)
      : input_(std::move(source)),
        stream_(ZSTD_createDStream()),
        first_wanted_(stream_ == nullptr ? 0 : ZSTD_initDStream(stream_)),
        wanted_(first_wanted_) {}
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (stream_ == nullptr) {
      return absl::ResourceExhaustedError("no memory for zstd");
    }
    ZSTD_outBuffer out = {buffer, size, 0};
    while (out.pos == 0) {
      // A frame may have output left though all its input was taken.
      ASSIGN_OR_RETURN(const bool more, input_.Refill());
      if (!more && !flushing_) {
        if (inside_frame_) return input_.Damaged("the file ends too early");
        return size_t{0};
      }
      // No more than it asks for, which is to the end of a block, and nothing
      // while output is left: what a call that fails has unpacked is lost.
      const size_t fed = flushing_ ? 0 : std::min(input_.size(), wanted_);
      ZSTD_inBuffer in = {input_.data(), fed, 0};
      const size_t code = ZSTD_decompressStream(stream_, &out, &in);
      input_.Advance(in.pos);
      if (ZSTD_isError(code) != 0) {
        return input_.Damaged(ZSTD_getErrorName(code));
      }
      inside_frame_ = code != 0;
      wanted_ = inside_frame_ ? code : first_wanted_;
      flushing_ = inside_frame_ && out.pos == out.size;
    }
    return out.pos;
  }
  uint64_t consumed() const override {
    return input_.source().consumed() - input_.size();
  }
  uint64_t total() const override { return input_.source().total(); }

 private:
  PackedInput input_;
  ZSTD_DStream* stream_;
  const size_t first_wanted_;  // bytes of input, at the beginning of a frame
  size_t wanted_;
  bool inside_frame_ = false;
  bool flushing_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> UnpackGzip(std::unique_ptr<ByteSource> packed) {
  return std::make_unique<GzipSource>(std::move(packed));
}

std::unique_ptr<ByteSource> UnpackZstd(std::unique_ptr<ByteSource> packed) {
  return std::make_unique<ZstdSource>(std::move(packed));
}

}  // namespace heapq
