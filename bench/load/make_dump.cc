// Makes dumps of any size for the benchmarks of `heapq load`.
//
//   make_dump dump_all|format2 OBJECTS [far]   a made-up heap
//   make_dump long_hash PAIRS                  one hash, one line
//   make_dump copies FILE TIMES                a real dump, moved and repeated
//
// The made-up heap has the mix of types and the number of references of a
// Rails process. Most references go to objects near by, as in a heap that was
// filled in order; with `far`, to any object: no cache helps then.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

namespace {

constexpr uint64_t kFirst = 0x7f2800000000;
constexpr uint64_t kSlot = 40;
constexpr uint64_t kSlotsInPage = 409;  // of 16 KiB, as Ruby 3.1 has them
constexpr uint64_t kClasses = 2000;     // the first objects

uint64_t AddressOf(uint64_t n) {
  return kFirst + n / kSlotsInPage * 16384 + n % kSlotsInPage * kSlot;
}

class Output {
 public:
  ~Output() { Flush(); }
  Output& operator<<(std::string_view text) {
    if (buffer_.size() > (1 << 20)) Flush();
    buffer_.append(text);
    return *this;
  }
  Output& Decimal(uint64_t number) { return Number(number, 10); }
  Output& Hex(uint64_t number) { return *this << "0x", Number(number, 16); }

 private:
  Output& Number(uint64_t number, int base) {
    char digits[24];
    const auto end =
        std::to_chars(std::begin(digits), std::end(digits), number, base);
    return *this << std::string_view(digits,
                                     static_cast<size_t>(end.ptr - digits));
  }
  void Flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) !=
        buffer_.size()) {
      std::perror("make_dump");
      std::exit(1);
    }
    buffer_.clear();
  }
  std::string buffer_;
};

// One made-up object after the other, in either format.
class MadeUpHeap {
 public:
  MadeUpHeap(uint64_t objects, bool far) : objects_(objects), far_(far) {}

  void Write(bool format2) {
    if (format2) {
      out_ << R"([{"id":"_HEADER_","format":"heap_dump","version":2})"
           << "\n,{\"id\":\"_ROOTS_\",\"vm\":[";
      for (uint64_t n = 0; n < kRoots; ++n) {
        if (n > 0) out_ << ",";
        out_.Decimal(AddressOf(n * objects_ / kRoots));
      }
      out_ << "]}\n";
    } else {
      out_ << R"({"type":"ROOT", "root":"vm", "references":[)";
      for (uint64_t n = 0; n < kRoots; ++n) {
        Ref(n == 0, n * objects_ / kRoots);
      }
      out_ << "]}\n";
    }
    for (uint64_t n = 0; n < objects_; ++n) format2 ? Field(n) : DumpAll(n);
    if (format2) {
      (out_ << R"(,{"id":"_END_","objects":)").Decimal(objects_) << "}]\n";
    }
  }

 private:
  static constexpr uint64_t kRoots = 100;

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  uint64_t Any(uint64_t from) {
    if (far_ || Below(8) == 0) return Below(objects_);
    return (from + Below(64)) % objects_;
  }
  void Ref(bool first, uint64_t n) {
    out_ << (first ? "\"" : ", \"");
    out_.Hex(AddressOf(n)) << "\"";
  }
  void Refs(uint64_t from, uint64_t count) {
    if (count == 0) return;
    out_ << R"(, "references":[)";
    for (uint64_t i = 0; i < count; ++i) Ref(i == 0, Any(from));
    out_ << "]";
  }

  void DumpAll(uint64_t n) {
    out_ << R"({"address":")";
    out_.Hex(AddressOf(n)) << R"(", "type":")";
    const auto begin = [&](std::string_view type) {
      out_ << type << R"(", "class":")";
      out_.Hex(AddressOf(Below(kClasses))) << "\"";
    };
    uint64_t size = kSlot;
    const uint64_t kind = Below(100);
    if (n < kClasses) {
      begin("CLASS");
      (out_ << R"(, "superclass":")").Hex(AddressOf(n / 2));
      (out_ << R"(", "name":"Made::Up)").Decimal(n) << "\"";
      Refs(n, 12);
      size = 640;
    } else if (kind < 45) {
      begin("STRING");
      out_ << R"(, "frozen":true, "embedded":true, "bytesize":14, "value":")"
           << "text ";
      out_.Decimal(100000000 + n) << R"(", "encoding":"UTF-8")";
    } else if (kind < 60) {
      const uint64_t length = Below(6);
      begin("ARRAY");
      (out_ << R"(, "length":)").Decimal(length) << R"(, "embedded":true)";
      Refs(n, length);
    } else if (kind < 67) {
      const uint64_t pairs = Below(5);
      begin("HASH");
      (out_ << R"(, "size":)").Decimal(pairs);
      Refs(n, 2 * pairs);
      size = 168;
    } else if (kind < 85) {
      begin("OBJECT");
      out_ << R"(, "ivars":3)";
      Refs(n, 1 + Below(3));
    } else {
      begin("IMEMO");
      out_ << R"(, "imemo_type":"ment")";
      Refs(n, 2);
    }
    (out_ << R"(, "memsize":)").Decimal(size)
        << R"(, "flags":{"wb_protected":true, "old":true, "uncollectible":)"
        << "true, \"marked\":true}}\n";
  }

  void List(uint64_t from, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      if (i > 0) out_ << ",";
      out_.Decimal(AddressOf(Any(from)));
    }
  }
  void Named(uint64_t from, uint64_t count, std::string_view prefix) {
    const uint64_t first = Below(40);
    for (uint64_t i = 0; i < count; ++i) {
      out_ << (i > 0 ? ",\"" : "\"") << prefix;
      out_.Decimal(first + i) << "\":";
      if (Below(4) == 0) {
        out_ << "null";
      } else {
        out_.Decimal(AddressOf(Any(from)));
      }
    }
  }

  void Field(uint64_t n) {
    (out_ << R"(,{"id":)").Decimal(AddressOf(n)) << R"(,"bt":")";
    const auto begin = [&](std::string_view type, uint64_t size) {
      out_ << type << R"(","class":)";
      out_.Decimal(AddressOf(Below(kClasses))) << R"(,"size":)";
      out_.Decimal(size) << R"(,"old":true)";
    };
    const uint64_t kind = Below(100);
    if (n < kClasses) {
      begin("T_CLASS", 640);
      (out_ << R"(,"name":"Made::Up)").Decimal(n) << R"(","super":)";
      out_.Decimal(AddressOf(n / 2)) << R"(,"ivs":{)";
      Named(n, 3, "@");
      out_ << R"(},"consts":{)";
      Named(n, 3, "CONST_");
      out_ << R"(},"refs":[)";
      List(n, 4);
      out_ << "]";
    } else if (kind < 45) {
      begin("T_STRING", kSlot);
      out_ << R"(,"frozen":true,"embedded":true,"val":"text )";
      out_.Decimal(100000000 + n) << "\"";
    } else if (kind < 60) {
      begin("T_ARRAY", kSlot);
      out_ << R"(,"val":[)";
      List(n, Below(6));
      out_ << "]";
    } else if (kind < 67) {
      begin("T_HASH", 168);
      out_ << R"(,"val":[)";
      const uint64_t pairs = Below(5);
      for (uint64_t i = 0; i < pairs; ++i) {
        out_ << (i > 0 ? ",[" : "[");
        if (Below(2) == 0) {
          out_ << "\":key";
          out_.Decimal(Below(50)) << "\",";
          List(n, 1);
        } else {
          List(n, 2);
        }
        out_ << "]";
      }
      out_ << "]";
    } else if (kind < 85) {
      begin("T_OBJECT", kSlot);
      out_ << R"(,"ivs":{)";
      Named(n, 1 + Below(4), "@");
      out_ << "}";
    } else {
      out_ << R"(T_IMEMO","type_name":"ment","size":40,"old":true)";
      (out_ << R"(,"iseq":)").Decimal(AddressOf(Any(n)));
      (out_ << R"(,"owner":)").Decimal(AddressOf(Below(kClasses)));
    }
    out_ << "}\n";
  }

  const uint64_t objects_;
  const bool far_;
  std::mt19937_64 random_{1};
  Output out_;
};

void WriteLongHash(uint64_t pairs) {
  Output out;
  out << R"({"type":"ROOT", "root":"vm", "references":[")";
  out.Hex(AddressOf(0)) << "\"]}\n"
                        << R"({"address":")";
  (out.Hex(AddressOf(0)) << R"(", "type":"HASH", "class":")").Hex(AddressOf(1));
  (out << R"(", "size":)").Decimal(pairs) << R"(, "references":[)";
  for (uint64_t i = 0; i < 2 * pairs; ++i) {
    out << (i > 0 ? ", \"" : "\"");
    out.Hex(AddressOf(2 + i)) << "\"";
  }
  out << R"(], "memsize":168})"
      << "\n";
  for (uint64_t i = 0; i < 2 * pairs; ++i) {
    (out << R"({"address":")").Hex(AddressOf(2 + i))
        << R"(", "type":"OBJECT", "class":")";
    out.Hex(AddressOf(1)) << R"(", "memsize":40})"
                          << "\n";
  }
}

// Adds `offset` to whatever is an address. In format 2 those are the integers
// but for what stands under a few keys.
class Mover {
 public:
  explicit Mover(Output* out) : out_(*out) {}

  void Move(std::string_view line, uint64_t offset) {
    std::string_view key;
    for (size_t i = 0; i < line.size();) {
      const char c = line[i];
      size_t end = i + 1;
      if (c == '"') {
        while (line[end] != '"') end += line[end] == '\\' ? 2 : 1;
        const std::string_view text = line.substr(i + 1, end - i - 1);
        ++end;
        uint64_t address = 0;
        if (line[end] == ':') {
          key = text;
        } else if (text.substr(0, 2) == "0x" &&
                   Parse(text.substr(2), 16, &address)) {
          out_ << "\"";
          out_.Hex(address < kLow ? address : address + offset) << "\"";
          i = end;
          continue;
        }
      } else if (c >= '0' && c <= '9') {
        while (line[end] >= '0' && line[end] <= '9') ++end;
        uint64_t number = 0;
        if (Parse(line.substr(i, end - i), 10, &number) && number >= kLow) {
          out_.Decimal(number + offset);
          i = end;
          continue;
        }
      }
      out_ << line.substr(i, end - i);
      i = end;
    }
    out_ << "\n";
  }

 private:
  // Sizes are below, addresses above.
  static constexpr uint64_t kLow = uint64_t{1} << 36;

  static bool Parse(std::string_view digits, int base, uint64_t* number) {
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, *number, base);
    return read.ec == std::errc() && read.ptr == end;
  }

  Output& out_;
};

int WriteCopies(const char* path, uint64_t times) {
  Output out;
  Mover mover(&out);
  uint64_t objects = 0;
  bool format2 = false;
  for (uint64_t copy = 0; copy < times; ++copy) {
    std::ifstream file(path);
    if (!file) {
      std::perror(path);
      return 1;
    }
    for (std::string line; std::getline(file, line);) {
      if (line.find("\"_HEADER_\"") < 16) {
        format2 = true;
        if (copy > 0) continue;
      }
      if (line.find("\"_END_\"") < 16) continue;
      if (format2 && line.find("\"id\":\"") > 16) ++objects;
      mover.Move(line, copy << 36);
    }
  }
  if (format2) {
    (out << R"(,{"id":"_END_","objects":)").Decimal(objects) << "}]\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc >= 3 ? argv[1] : "";
  if (what == "dump_all" || what == "format2") {
    MadeUpHeap(std::strtoull(argv[2], nullptr, 10),
               argc > 3 && std::strcmp(argv[3], "far") == 0)
        .Write(what == "format2");
    return 0;
  }
  if (what == "long_hash") {
    WriteLongHash(std::strtoull(argv[2], nullptr, 10));
    return 0;
  }
  if (what == "copies" && argc == 4) {
    return WriteCopies(argv[2], std::strtoull(argv[3], nullptr, 10));
  }
  std::cerr << "make_dump dump_all|format2 OBJECTS [far] | long_hash PAIRS | "
               "copies FILE TIMES\n";
  return 2;
}
