# frozen_string_literal: true

require "mkmf"

def need(found, message)
  abort("heap_dump: #{message}") unless found
end

need RUBY_ENGINE == "ruby", "only CRuby has a heap that this gem can read, this is #{RUBY_ENGINE}"
need RUBY_PLATFORM.include?("linux"), "it works on Linux, this is #{RUBY_PLATFORM}"
need have_header("yajl/yajl_gen.h") && have_library("yajl", "yajl_gen_alloc"),
     "libyajl and its headers are needed: install libyajl-dev (Debian) or yajl-devel (Fedora)"
need have_library("z", "deflate"), "zlib and its headers are needed: install zlib1g-dev or zlib-devel"
have_library("dl", "dlopen") # apart from libc before glibc 2.34
# Optional: without it, no dump in .zst.
$defs << "-DHAVE_ZSTD" if have_header("zstd.h") && have_library("zstd", "ZSTD_createCCtx_advanced")

# Inline functions and struct members, which #ifdef can't see.
$defs << "-DHAVE_RTYPEDDATA_GET_DATA" if try_compile(<<~SOURCE)
  #include <ruby.h>
  void *data(VALUE object) { return RTYPEDDATA_GET_DATA(object); }
  int main(void) { return RTYPEDDATA_GET_DATA == 0; }
SOURCE
have_struct_member("rb_io_t", "fd", ["ruby.h", "ruby/io.h"])
have_func("rb_class_attached_object")
have_func("rb_ext_ractor_safe", "ruby.h")
have_func("rb_postponed_job_preregister", "ruby/debug.h")

# The sources include each other by their path from this folder.
folder = __dir__
folders = Dir[File.join(folder, "*/")].map { |path| File.basename(path) }.sort
$srcs = Dir[File.join(folder, "{.,#{folders.join(',')}}", "*.cc")].sort
folders.each { |name| $VPATH << "$(srcdir)/#{name}" }
$INCFLAGS << " -I$(srcdir)"
$CXXFLAGS << " -std=c++17 -O2 -fno-exceptions -fno-rtti -fvisibility=hidden -Wall -Wextra -Wno-register"
$CXXFLAGS << " -Wno-deprecated-declarations -Wno-unused-parameter"
# For the gem's developers; a user's compiler may be newer than the code.
$CXXFLAGS << " -Werror" if ENV["HEAP_DUMP_WERROR"]
create_makefile("heap_dump/heap_dump")
