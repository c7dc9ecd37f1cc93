# frozen_string_literal: true

require_relative "heap_dump/version"
require_relative "heap_dump/extension"
require_relative "heap_dump/dump"
require_relative "heap_dump/count_objects"

# Dumps the live heap of this process as line JSON, format 2, for `heapq` and
# for ordinary tools; see HeapDump.dump and HeapDump.count_objects.
module HeapDump
end

require_relative "heap_dump/railtie" if defined?(Rails::Railtie)
