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
    ext/heap_dump/account/process_status.cc
    ext/heap_dump/account/process_status.h
    ext/heap_dump/account/resident_memory.cc
    ext/heap_dump/account/resident_memory.h
    ext/heap_dump/account/slot_census.cc
    ext/heap_dump/account/slot_census.h
    ext/heap_dump/capture/README.md
    ext/heap_dump/capture/child_process.cc
    ext/heap_dump/capture/child_process.h
    ext/heap_dump/capture/child_signals.cc
    ext/heap_dump/capture/child_signals.h
    ext/heap_dump/capture/clock.h
    ext/heap_dump/capture/compressed_output.cc
    ext/heap_dump/capture/compressed_output.h
    ext/heap_dump/capture/debugger_api.cc
    ext/heap_dump/capture/debugger_api.h
    ext/heap_dump/capture/debugger_count_api.cc
    ext/heap_dump/capture/dump_binding.cc
    ext/heap_dump/capture/dump_binding.h
    ext/heap_dump/capture/dump_lock.cc
    ext/heap_dump/capture/dump_lock.h
    ext/heap_dump/capture/dump_status.cc
    ext/heap_dump/capture/dump_status.h
    ext/heap_dump/capture/fd_output.cc
    ext/heap_dump/capture/fd_output.h
    ext/heap_dump/capture/file_target.cc
    ext/heap_dump/capture/file_target.h
    ext/heap_dump/capture/in_place.cc
    ext/heap_dump/capture/in_place.h
    ext/heap_dump/capture/in_place_file.cc
    ext/heap_dump/capture/in_place_file.h
    ext/heap_dump/capture/lock_watch.cc
    ext/heap_dump/capture/lock_watch.h
    ext/heap_dump/capture/reaper.cc
    ext/heap_dump/capture/reaper.h
    ext/heap_dump/capture/report.h
    ext/heap_dump/capture/request.h
    ext/heap_dump/capture/ruby_free.cc
    ext/heap_dump/capture/ruby_free.h
    ext/heap_dump/capture/safe_point_check.cc
    ext/heap_dump/capture/safe_point_check.h
    ext/heap_dump/capture/snapshot.cc
    ext/heap_dump/capture/snapshot.h
    ext/heap_dump/capture/stop_the_world.cc
    ext/heap_dump/capture/stop_the_world.h
    ext/heap_dump/capture/without_gvl.cc
    ext/heap_dump/capture/without_gvl.h
    ext/heap_dump/capture/write_dump.cc
    ext/heap_dump/capture/write_dump.h
    ext/heap_dump/extconf.rb
    ext/heap_dump/heap/code_of_program.cc
    ext/heap_dump/heap/code_of_program.h
    ext/heap_dump/heap/count_objects.cc
    ext/heap_dump/heap/count_objects.h
    ext/heap_dump/heap/direct_references.cc
    ext/heap_dump/heap/direct_references.h
    ext/heap_dump/heap/dumped_objects.h
    ext/heap_dump/heap/finalizers.cc
    ext/heap_dump/heap/finalizers.h
    ext/heap_dump/heap/globals.cc
    ext/heap_dump/heap/globals.h
    ext/heap_dump/heap/marked_objects.cc
    ext/heap_dump/heap/marked_objects.h
    ext/heap_dump/heap/reachability.cc
    ext/heap_dump/heap/reachability.h
    ext/heap_dump/heap/subclasses.cc
    ext/heap_dump/heap/subclasses.h
    ext/heap_dump/init.cc
    ext/heap_dump/layout/candidates.cc
    ext/heap_dump/layout/candidates.h
    ext/heap_dump/layout/context_probe.cc
    ext/heap_dump/layout/imemo_kinds.cc
    ext/heap_dump/layout/iseq_probe.cc
    ext/heap_dump/layout/layout.cc
    ext/heap_dump/layout/layout.h
    ext/heap_dump/layout/layout_checks.cc
    ext/heap_dump/layout/layout_checks.h
    ext/heap_dump/layout/layout_table.cc
    ext/heap_dump/layout/layout_table.h
    ext/heap_dump/layout/memory.cc
    ext/heap_dump/layout/memory.h
    ext/heap_dump/layout/object_probe.cc
    ext/heap_dump/layout/probes.cc
    ext/heap_dump/layout/probes.h
    ext/heap_dump/layout/sleeper_probe.cc
    ext/heap_dump/layout/trap_probe.cc
    ext/heap_dump/objects/allocation_sites.cc
    ext/heap_dump/objects/allocation_sites.h
    ext/heap_dump/objects/classes.cc
    ext/heap_dump/objects/data_objects.cc
    ext/heap_dump/objects/data_objects.h
    ext/heap_dump/objects/frames.cc
    ext/heap_dump/objects/imemos.cc
    ext/heap_dump/objects/object_writers.h
    ext/heap_dump/objects/objects.cc
    ext/heap_dump/objects/roots.cc
    ext/heap_dump/objects/sample_record.cc
    ext/heap_dump/objects/sample_record.h
    ext/heap_dump/objects/strings.cc
    ext/heap_dump/objects/thread_objects.cc
    ext/heap_dump/objects/weak_maps.cc
    ext/heap_dump/record/json_writer.cc
    ext/heap_dump/record/json_writer.h
    ext/heap_dump/record/record.cc
    ext/heap_dump/record/record.h
    ext/heap_dump/record/walk_options.h
    ext/heap_dump/ruby/heap_pages.cc
    ext/heap_dump/ruby/heap_pages.h
    ext/heap_dump/ruby/object_types.cc
    ext/heap_dump/ruby/object_types.h
    ext/heap_dump/ruby/page_table.cc
    ext/heap_dump/ruby/page_table.h
    ext/heap_dump/ruby/postponed_job.cc
    ext/heap_dump/ruby/postponed_job.h
    ext/heap_dump/ruby/ruby_private.h
    ext/heap_dump/sampling/burst.cc
    ext/heap_dump/sampling/burst.h
    ext/heap_dump/sampling/byte_strings.cc
    ext/heap_dump/sampling/byte_strings.h
    ext/heap_dump/sampling/frame_texts.cc
    ext/heap_dump/sampling/frame_texts.h
    ext/heap_dump/sampling/sample_table.cc
    ext/heap_dump/sampling/sample_table.h
    ext/heap_dump/sampling/sampler.cc
    ext/heap_dump/sampling/sampler.h
    ext/heap_dump/sampling/stack_table.cc
    ext/heap_dump/sampling/stack_table.h
    ext/heap_dump/sampling/ticker.cc
    ext/heap_dump/sampling/ticker.h
    ext/heap_dump/text/code_words.cc
    ext/heap_dump/text/code_words.h
    ext/heap_dump/text/redaction.cc
    ext/heap_dump/text/redaction.h
    ext/heap_dump/text/ruby_text.cc
    ext/heap_dump/text/ruby_text.h
    ext/heap_dump/text/text.cc
    ext/heap_dump/text/text.h
    ext/heap_dump/util/arena.cc
    ext/heap_dump/util/arena.h
    ext/heap_dump/util/decimal.h
    ext/heap_dump/util/memory_maps.cc
    ext/heap_dump/util/memory_maps.h
    ext/heap_dump/util/output.h
    ext/heap_dump/util/safe_read.cc
    ext/heap_dump/util/safe_read.h
    ext/heap_dump/walk/walk.cc
    ext/heap_dump/walk/walk.h
    gdb/heap_dump.py
    lib/heap_dump.rb
    lib/heap_dump/count_objects.rb
    lib/heap_dump/dump.rb
    lib/heap_dump/errors.rb
    lib/heap_dump/extension.rb
    lib/heap_dump/heapq.rb
    lib/heap_dump/held_objects.rb
    lib/heap_dump/held_path.rb
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
    lib/heap_dump/railtie.rb
    lib/heap_dump/rake_tasks.rb
    lib/heap_dump/rspec.rb
    lib/heap_dump/sample_allocations.rb
    lib/heap_dump/version.rb
    lib/heap_dump/watch.rb
    sig/heap_dump.rbs
  ]
end
