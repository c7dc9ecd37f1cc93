# frozen_string_literal: true

# Takes a dump when the process gets a signal, without any change to the
# program:
#
#     env "$(heap_dump hook)" HEAP_DUMP_DIR=/var/tmp bundle exec sidekiq
#     kill -USR2 <pid>
#
# Set by environment variables, read when this file is loaded:
#
#   HEAP_DUMP_SIGNAL    USR2     the signal; several are separated by commas.
#                                The program's own handler runs as well, so
#                                with Puma, which restarts on USR1 and USR2,
#                                take another one: URG
#   HEAP_DUMP_DIR       .        the folder for the dumps; made when missing
#   HEAP_DUMP_KEEP      10       how many of this user's newest dumps stay; 0: all
#   HEAP_DUMP_COMPRESS           gzip or zstd
#   HEAP_DUMP_STRINGS   full     full, truncate, none or hash
#   HEAP_DUMP_TRUNCATE  1024     bytes of each text that truncate shows
#   HEAP_DUMP_MODE      clone    clone, in_place or fork
#   HEAP_DUMP_FALLBACK  fork     what stands in if the system refuses clone(2):
#                                fork, in_place (the program stops until the
#                                heap is written) or raise (no dump)
#   HEAP_DUMP_GC        0        1: collect garbage before the dump
#   HEAP_DUMP_GARBAGE   0        1: write unreachable objects as well
#   HEAP_DUMP_TIMEOUT   300      seconds after which a dump is given up
#   HEAP_DUMP_RATE      0        bytes a second that are written at most; 0: no
#                                limit
#   HEAP_DUMP_SAMPLE    0        1: sample where objects are allocated; see
#                                HeapDump.sample_allocations
#   HEAP_DUMP_AT_RSS             a dump when the process has so much resident
#                                memory, as 1500M; again when it has half more.
#                                Looked at after collections
#
# Nothing here raises into the program: what goes wrong is one line on stderr.

begin
  require_relative "../heap_dump"
  require_relative "hook/settings"
  require_relative "hook/dumper"
  require_relative "hook/memory_limit"
  require_relative "hook/signals"
  HeapDump::Hook.install
rescue LoadError, StandardError => e
  begin
    $stderr.puts("heap_dump: the hook is off in pid #{Process.pid}: #{e.message}")
  rescue StandardError
    nil # A program without stderr goes on all the same.
  end
end
