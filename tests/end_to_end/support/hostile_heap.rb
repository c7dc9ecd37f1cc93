# frozen_string_literal: true

require "json"

# A dump whose names and strings try to leave the page that they are shown in:
# a bus that keeps sessions, in format 2.
module HostileHeap
  HACK = "<script>window.hacked = 1</script>"
  STRINGS = ["</script>#{HACK}", "<!--<script>", "\u2028\u2029 \u202e \e[31m", "\"'><img src=x onerror=window.hacked=1>",
             "`|*_[a](javascript:window.hacked=1)", "&lt;b&gt; & ]]>", "same", "same", "same"].freeze
  CLASS_NAME = "App::Session<b onclick='window.hacked=1'>\"</script>"

  # An account of memory, most of it native.
  MEMORY = {
    rss: 100_000_000, peak_rss: 120_000_000, swapped: 0,
    resident: { ruby_heap: 10_000_000, thread_stacks: 1_000_000, fiber_stacks: 0, main_heap: 70_000_000,
                arenas: 5_000_000, code: 0, files: 8_000_000, shared: 0, anonymous: 6_000_000 },
    allocator: { name: "glibc", in_use: 70_000_000, mapped: 4_000_000, arenas: 2 },
    pages: { size: 16_384, found: 600, with_objects: 600, sparse: 4 },
    objects: { count: 200_000, slots: 8_000_000, owned: 9_000_000 },
    garbage: { count: 1_000, slots: 40_000, owned: 60_000 },
    unsized: { "4176" => 300 }, unsized_libraries: { "4176" => HACK },
    gc_stat: { heap_allocated_pages: 600 }, left_out: {}
  }.freeze

  module_function

  # `memory`: the header's account, or nil for a dump without one.
  def write(file, sessions: 60, memory: nil)
    File.write(file, lines(sessions, memory).join("\n,").prepend("[") << "]\n")
  end

  def lines(sessions, memory)
    objects = [
      { id: 4096, bt: "T_CLASS", size: 500, name: "Object", consts: { "Bus" => 4136 } },
      { id: 4136, bt: "T_CLASS", size: 500, name: "Bus", super: 4096 },
      { id: 4176, bt: "T_CLASS", size: 500, name: CLASS_NAME, super: 4096 },
      { id: 4216, bt: "T_OBJECT", class: 4136, size: 40, ivs: { "@sessions" => 4256, "@names" => 4296 } },
      { id: 4256, bt: "T_ARRAY", size: 800, val: Array.new(sessions) { |n| 8000 + n * 80 } },
      { id: 4296, bt: "T_ARRAY", size: 80, val: STRINGS.each_index.map { |n| 6000 + n * 40 } },
      { id: 4336, bt: "T_IMEMO", type_name: "iseq", size: 880, type: "method", name: "Bus#run#{HACK}",
        filename: "/app/#{HACK}.rb", line: 7 },
      { id: 4376, bt: "T_DATA", type_name: "VM/thread", size: 2000, status: "run",
        frames: [{ iseq: 4336, label: "Bus#run#{HACK}", filename: "/app/#{HACK}.rb", line: 7,
                   locals: { "job" => 8000, "count" => "17" } }] }
    ]
    objects += STRINGS.each_with_index.map { |text, n| { id: 6000 + n * 40, bt: "T_STRING", size: 40, val: text } }
    sessions.times do |n|
      objects << { id: 8000 + n * 80, bt: "T_OBJECT", class: 4176, size: 40, file: "/app/s.rb", line: 3,
                   method: "start", generation: 2, ivs: { "@text" => 8040 + n * 80 } }
      objects << { id: 8040 + n * 80, bt: "T_STRING", size: 1000 + n, val: "text #{n}" }
    end
    header = { id: "_HEADER_", format: "heap_dump", version: 2, ruby: "3.1.2", platform: "x86_64-linux-gnu", pid: 4711,
               time: "2026-11-23T03:00:00Z", mode: "clone", strings: "full", capabilities: ["locals"], missing: {} }
    header[:memory] = memory if memory
    roots = { id: "_ROOTS_", vm: [4096, 4136, 4176, 4376], globals: [["$bus", 4216]] }
    [header, roots, *objects, { id: "_END_", objects: objects.size, edges: 0 }].map { |line| JSON.generate(line) }
  end
end
