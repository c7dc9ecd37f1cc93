# frozen_string_literal: true

require_relative "faulty_calls"
require_relative "capture_helper"

# Each call that a dump makes of the system fails in turn, until there is none
# left to fail. Every time the file is the older or the new one, the error is an
# exception of ours, nothing is left over, and the program goes on.
class TestFileFaults < Minitest::Test
  include TakeHelper
  include FaultyCalls

  # Calls that one program lets fail; each costs a dump.
  BATCH = 8
  # The steps of a file: open its folder, look at its name, create, write, flush,
  # rename, flush the folder.
  STEPS = 7

  def test_copy_that_replaces_a_file
    assert_steps(inject(mode: "clone", exists: true))
  end

  def test_copy_that_makes_a_file
    assert_steps(inject(mode: "clone", exists: false))
  end

  def test_in_place
    assert_steps(inject(mode: "in_place", exists: true))
  end

  def test_disk_that_is_full_at_any_moment
    result = inject(mode: "fork", exists: true, error: Errno::ENOSPC::Errno)
    assert_steps(result)
    assert_includes result["errors"], "target/dump.json.gz: no room for the dump: No space left on device"
  end

  # Pipes, descriptors, threads and the process itself.
  def test_calls_of_the_program
    %w[clone in_place].each do |mode|
      result = inject(mode: mode, exists: true, host: true, error: Errno::EMFILE::Errno)
      assert_operator result["calls"], :>=, 2, mode
    end
  end

  private

  def assert_steps(result)
    assert_operator result["calls"], :>=, STEPS
    assert_operator result["kept"], :>=, STEPS - 1
    ["cannot be made", "cannot be given its name", "folder could not be flushed"].each do |text|
      assert(result["errors"].any? { |error| error.include?(text) }, "#{text}: #{result['errors'].inspect}")
    end
  end

  # Gives the number of calls, the different errors, and how often the older
  # file was kept.
  def inject(mode:, exists:, host: false, error: Errno::EIO::Errno)
    env = { "LD_PRELOAD" => faulty_calls, "FAULT_ERROR" => error.to_s }
    total = { "calls" => 0, "errors" => [], "kept" => 0 }
    loop do
      out = ruby(FaultyCalls::PROGRAM + BATCH_OF_FAULTS, mode, exists, host, total["calls"] + 1, BATCH, env: env)
      result = JSON.parse(out)
      total = { "calls" => total["calls"] + result["calls"], "errors" => total["errors"] | result["errors"],
                "kept" => total["kept"] + result["kept"] }
      return total if result["calls"] < BATCH
    end
  end

  BATCH_OF_FAULTS = <<~'RUBY'
    require "json"
    require "zlib"
    mode, exists, host = ARGV[0].to_sym, ARGV[1] == "true", ARGV[2] == "true"
    first, count = ARGV[3].to_i, ARGV[4].to_i
    Dir.mkdir("target") unless File.exist?("target")
    file = "target/dump.json.gz"
    before = exists ? "older" : nil
    calls, errors, kept = 0, [], 0
    first.upto(first + count - 1) do |number|
      File.unlink(file) if File.exist?(file)
      File.write(file, before) if before
      failed = nil
      hit = Fault.at(number, host: host) do
        HeapDump.dump(file, mode: mode, gc: false, timeout: 60)
      rescue HeapDump::Error => e
        failed = e
      end
      left = Dir.children("target") - ["dump.json.gz"]
      abort "call #{number}: left over #{left} after #{failed.inspect}" unless left.empty?
      now = File.binread(file) if File.exist?(file)
      if now == before
        abort "call #{number}: no dump, and no error" unless failed
        kept += 1
      else
        text = Zlib.gunzip(now)
        abort "call #{number}: not a whole dump" unless text.end_with?("]\n") && text.include?('"_END_"')
      end
      abort "call #{number}: an error without a fault: #{failed.message}" if failed && !hit
      break unless hit
      calls += 1
      errors |= [failed.message] if failed
    end
    puts JSON.generate(calls: calls, errors: errors, kept: kept)
  RUBY
end
