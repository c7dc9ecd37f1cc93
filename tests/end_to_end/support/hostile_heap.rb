# frozen_string_literal: true

require "json"

# A dump whose names and strings try to leave the page that they are shown in:
# a bus that keeps sessions, in format 2.
module HostileHeap
  HACK = "<script>window.hacked = 1</script>"
  STRINGS = ["</script>#{HACK}", "<!--<script>", "\u2028\u2029 \u202e \e[31m", "\"'><img src=x onerror=window.hacked=1>",
             "`|*_[a](javascript:window.hacked=1)", "&lt;b&gt; & ]]>", "same", "same", "same"].freeze
  CLASS_NAME = "App::Session<b onclick='window.hacked=1'>\"</script>"

  module_function

  def write(file, sessions: 60)
    File.write(file, lines(sessions).join("\n,").prepend("[") << "]\n")
  end

  def lines(sessions)
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
    roots = { id: "_ROOTS_", vm: [4096, 4136, 4176, 4376], globals: [["$bus", 4216]] }
    [header, roots, *objects, { id: "_END_", objects: objects.size, edges: 0 }].map { |line| JSON.generate(line) }
  end
end
