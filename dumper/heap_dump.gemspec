# frozen_string_literal: true

require_relative "lib/heap_dump/version"

Gem::Specification.new do |spec|
  spec.name = "heap_dump"
  spec.version = HeapDump::VERSION
  spec.authors = ["The heap_dump authors"]
  spec.summary = "Dumps the whole heap of a running Ruby process, every reference named"
  spec.description = <<~TEXT
    Writes the heap of a live process as line JSON: each object and root, each
    reference that the garbage collector follows, and its name: variable, local,
    constant, key, frame. The process stops for milliseconds. heapq answers from
    the file why an object is still in memory; MongoDB, jq and grep read it too.
  TEXT
  spec.license = "MIT"
  spec.homepage = "https://github.com/Vasfed/heap_dump"
  spec.metadata = {
    "source_code_uri" => spec.homepage,
    "changelog_uri" => "#{spec.homepage}/blob/main/CHANGELOG.md",
    "bug_tracker_uri" => "#{spec.homepage}/issues",
    "documentation_uri" => "#{spec.homepage}/blob/main/dumper/README.md",
    "rubygems_mfa_required" => "true"
  }

  spec.required_ruby_version = ">= 2.7"
  spec.platform = Gem::Platform::RUBY
  spec.requirements = ["libyajl", "zlib", "a C++17 compiler", "Linux"]
  spec.extensions = ["ext/heap_dump/extconf.rb"]
  spec.require_paths = ["lib"]
  spec.bindir = "exe"
  spec.executables = ["heap_dump"]

  # By hand: what is packed is what was meant to be. A test compares.
  spec.files = %w[
    LICENSE
    README.md
    exe/heap_dump
    ext/heap_dump/account/allocator.cc
    ext/heap_dump/account/allocator.h
    ext/heap_dump/account/control_group.cc
    ext/heap_dump/account/control_group.h
    ext/heap_dump/account/memory_account.cc
    ext/heap_dump/account/memory_account.h
    ext/heap_dump/account/page_finder.cc
    ext/heap_dump/account/page_finder.h
    ext/heap_dump/account/process_status.cc
    ext/heap_dump/account/process_status.h
    ext/heap_dump/account/resident_memory.cc
    ext/heap_dump/account/resident_memory.h
    ext/heap_dump/account/slot_census.cc
    ext/heap_dump/account/slot_census.h
    ext/heap_dump/allocation_sites.cc
    ext/heap_dump/allocation_sites.h
    ext/heap_dump/arena.cc
    ext/heap_dump/arena.h
    ext/heap_dump/classes.cc
    ext/heap_dump/code_of_program.cc
    ext/heap_dump/code_of_program.h
    ext/heap_dump/code_words.cc
    ext/heap_dump/code_words.h
    ext/heap_dump/context.h
    ext/heap_dump/count_objects.cc
    ext/heap_dump/count_objects.h
    ext/heap_dump/data_objects.cc
    ext/heap_dump/data_objects.h
    ext/heap_dump/digits.h
    ext/heap_dump/dumped_objects.h
    ext/heap_dump/extconf.rb
    ext/heap_dump/finalizers.cc
    ext/heap_dump/finalizers.h
    ext/heap_dump/frames.cc
    ext/heap_dump/globals.cc
    ext/heap_dump/globals.h
    ext/heap_dump/heap_dump.cc
    ext/heap_dump/heap_pages.cc
    ext/heap_dump/heap_pages.h
    ext/heap_dump/imemo_kinds.cc
    ext/heap_dump/imemos.cc
    ext/heap_dump/json_writer.cc
    ext/heap_dump/json_writer.h
    ext/heap_dump/layout.cc
    ext/heap_dump/layout.h
    ext/heap_dump/layout_checks.cc
    ext/heap_dump/layout_checks.h
    ext/heap_dump/layout_table.cc
    ext/heap_dump/layout_table.h
    ext/heap_dump/marked_objects.cc
    ext/heap_dump/marked_objects.h
    ext/heap_dump/memory_maps.cc
    ext/heap_dump/memory_maps.h
    ext/heap_dump/object_types.cc
    ext/heap_dump/object_types.h
    ext/heap_dump/objects.cc
    ext/heap_dump/output.h
    ext/heap_dump/probe/candidates.cc
    ext/heap_dump/probe/candidates.h
    ext/heap_dump/probe/context_probe.cc
    ext/heap_dump/probe/iseq_probe.cc
    ext/heap_dump/probe/memory.cc
    ext/heap_dump/probe/memory.h
    ext/heap_dump/probe/object_probe.cc
    ext/heap_dump/probe/probes.cc
    ext/heap_dump/probe/probes.h
    ext/heap_dump/probe/sleeper_probe.cc
    ext/heap_dump/probe/trap_probe.cc
    ext/heap_dump/reachability.cc
    ext/heap_dump/reachability.h
    ext/heap_dump/reachable_set.cc
    ext/heap_dump/reachable_set.h
    ext/heap_dump/record.cc
    ext/heap_dump/record.h
    ext/heap_dump/redaction.cc
    ext/heap_dump/redaction.h
    ext/heap_dump/roots.cc
    ext/heap_dump/ruby_private.h
    ext/heap_dump/ruby_text.cc
    ext/heap_dump/ruby_text.h
    ext/heap_dump/safe_read.cc
    ext/heap_dump/safe_read.h
    ext/heap_dump/strings.cc
    ext/heap_dump/subclasses.cc
    ext/heap_dump/subclasses.h
    ext/heap_dump/take/README.md
    ext/heap_dump/take/child_process.cc
    ext/heap_dump/take/child_process.h
    ext/heap_dump/take/child_signals.cc
    ext/heap_dump/take/child_signals.h
    ext/heap_dump/take/clock.h
    ext/heap_dump/take/compressed_output.cc
    ext/heap_dump/take/compressed_output.h
    ext/heap_dump/take/count_entry_points.cc
    ext/heap_dump/take/entry_points.cc
    ext/heap_dump/take/entry_points.h
    ext/heap_dump/take/file_target.cc
    ext/heap_dump/take/file_target.h
    ext/heap_dump/take/host_guard.cc
    ext/heap_dump/take/host_guard.h
    ext/heap_dump/take/in_place.cc
    ext/heap_dump/take/in_place.h
    ext/heap_dump/take/in_place_file.cc
    ext/heap_dump/take/in_place_file.h
    ext/heap_dump/take/lock_watch.cc
    ext/heap_dump/take/lock_watch.h
    ext/heap_dump/take/one_at_a_time.cc
    ext/heap_dump/take/one_at_a_time.h
    ext/heap_dump/take/outcome.cc
    ext/heap_dump/take/outcome.h
    ext/heap_dump/take/reaper.cc
    ext/heap_dump/take/reaper.h
    ext/heap_dump/take/report.h
    ext/heap_dump/take/request.h
    ext/heap_dump/take/ruby_free.cc
    ext/heap_dump/take/ruby_free.h
    ext/heap_dump/take/snapshot.cc
    ext/heap_dump/take/snapshot.h
    ext/heap_dump/take/stopped_world.cc
    ext/heap_dump/take/stopped_world.h
    ext/heap_dump/take/take_method.cc
    ext/heap_dump/take/take_method.h
    ext/heap_dump/take/target_output.cc
    ext/heap_dump/take/target_output.h
    ext/heap_dump/take/without_gvl.cc
    ext/heap_dump/take/without_gvl.h
    ext/heap_dump/take/write_dump.cc
    ext/heap_dump/take/write_dump.h
    ext/heap_dump/text.cc
    ext/heap_dump/text.h
    ext/heap_dump/thread_objects.cc
    ext/heap_dump/walk.cc
    ext/heap_dump/walk.h
    ext/heap_dump/weak_maps.cc
    gdb/heap_dump.py
    lib/heap_dump.rb
    lib/heap_dump/count_objects.rb
    lib/heap_dump/dump.rb
    lib/heap_dump/errors.rb
    lib/heap_dump/extension.rb
    lib/heap_dump/held_objects.rb
    lib/heap_dump/held_path.rb
    lib/heap_dump/heapq.rb
    lib/heap_dump/hook.rb
    lib/heap_dump/hook/dumper.rb
    lib/heap_dump/hook/intercept.rb
    lib/heap_dump/hook/memory_limit.rb
    lib/heap_dump/hook/settings.rb
    lib/heap_dump/hook/signals.rb
    lib/heap_dump/leak_detector.rb
    lib/heap_dump/leak_detector/detector.rb
    lib/heap_dump/leak_detector/ended_threads.rb
    lib/heap_dump/leak_detector/leak.rb
    lib/heap_dump/leak_detector/libraries.rb
    lib/heap_dump/leak_detector/rack.rb
    lib/heap_dump/leak_detector/railtie.rb
    lib/heap_dump/leak_detector/reporters.rb
    lib/heap_dump/leak_detector/request_scope.rb
    lib/heap_dump/leak_detector/settings.rb
    lib/heap_dump/leak_detector/watched_objects.rb
    lib/heap_dump/leak_test.rb
    lib/heap_dump/leftovers.rb
    lib/heap_dump/minitest.rb
    lib/heap_dump/rspec.rb
    lib/heap_dump/version.rb
    lib/heap_dump/watch.rb
    sig/heap_dump.rbs
  ]
end
