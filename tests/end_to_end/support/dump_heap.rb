# frozen_string_literal: true

# For programs that dump their own heap in one of two formats: "gem" or
# "dump_all" (ObjectSpace.dump_all).

def require_dumper(format)
  require(format == "gem" ? "heap_dump" : "objspace")
end

# Call require_dumper first, before the program makes the objects to dump.
def dump_heap(format, path)
  return HeapDump.dump(path) if format == "gem"

  File.open(path, "w") { |file| ObjectSpace.dump_all(output: file) }
end
