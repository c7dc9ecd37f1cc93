# frozen_string_literal: true

namespace :heap do
  desc "Dump the heap of the booted application, or with PID=4711 that of a running process (by the hook's signal)"
  task :dump do
    require "heap_dump/hook/settings"
    require "heap_dump/hook/dumper"
    env = HeapDump::Railtie.environment(Rails.application.config.heap_dump, Rails.root)
    settings = HeapDump::Hook::Settings.new(env)
    if ENV["PID"]
      pid = Integer(ENV.fetch("PID"))
      signal = settings.signals.first
      caught = File.read("/proc/#{pid}/status")[/^SigCgt:\s*(\h+)/, 1].to_i(16)
      # Ruby itself catches USR1 and USR2, to end the process by them.
      hooked = Rails.application.config.heap_dump.hook || ENV["HEAP_DUMP_SIGNAL"]
      unless hooked && caught[Signal.list.fetch(signal) - 1] == 1
        abort "heap:dump: process #{pid} does not handle SIG#{signal}, which would end it: set config.heap_dump.hook = true " \
              "there, or name its signal in HEAP_DUMP_SIGNAL"
      end
      Process.kill(signal, pid)
      puts "heap:dump: sent SIG#{signal} to #{pid}; its log names the file when it is complete"
    else
      Rake::Task["environment"].invoke
      path, result = HeapDump::Hook::Dumper.new(settings).dump
      puts "heap:dump: wrote #{path} (#{result.objects} objects)", "Next: heapq load #{path}"
    end
  rescue ArgumentError, SystemCallError, HeapDump::Error => e
    abort "heap:dump: #{e.message}"
  end

  desc "Count the objects of the booted application, and those of classes: heap:count[MyApp,Session]"
  task :count, [:names] => :environment do |_, arguments|
    puts HeapDump.count_objects([arguments[:names], *arguments.extras].compact, true)
  end
end
