# frozen_string_literal: true

# Reports leaks of a web application or a job processor, without a change to
# the program:
#
#     RUBYOPT=-rheap_dump/watch puma
#     gem "heap_dump", require: "heap_dump/watch"    # in the Gemfile
#
# Watches requests of Rack, Sinatra and Rails with their controllers, views and
# records, and jobs of ActiveJob and Sidekiq. heap_dump/leak_detector alone
# watches what the program names with HeapDump.watch. Settings are environment
# variables: docs/guide/leak-detector.md.
#
# Nothing here raises into the program: an error is one line on stderr.

begin
  require_relative "leak_detector"
  HeapDump::LeakDetector::Libraries.wait
rescue LoadError, StandardError => e
  begin
    $stderr.puts("heap_dump: the leak detector is off in pid #{Process.pid}: #{e.message}")
  rescue StandardError
    nil # A program without stderr continues all the same.
  end
end
