# frozen_string_literal: true

require_relative "refused_processes"
require_relative "capture_helper"

# What stands in where the system refuses a process for the dump.
class TestFallback < Minitest::Test
  include TakeHelper
  include RefusedProcesses

  DUMP = "r = HeapDump.dump(**eval(ARGV[0])); p r.mode, r.fallback"
  BY_FORK = "by fork, as the system refused clone: Operation not permitted"
  IN_PLACE = "in place, as the system refused a process: Operation not permitted"

  def test_fork_is_the_default
    skip_unless_x86
    assert_equal [":fork", BY_FORK.inspect], ruby(refuse(:clone) + DUMP, "{}").split("\n")
    assert_equal ["fork", BY_FORK], assert_whole.first.values_at("mode", "fallback")
  end

  def test_by_fork_with_several_ractors
    skip_unless_x86
    skip "this Ruby has no Ractors" unless defined?(Ractor)

    assert_equal [":fork", BY_FORK.inspect], ruby("#{refuse(:clone)}Ractor.new { sleep }\n#{DUMP}", "{}").split("\n")
    assert_whole
  end

  def test_in_place_if_it_is_asked_for
    out = ruby(refuse(:processes) + DUMP, "{ fallback: :in_place, verbose: true }")
    assert_equal [":in_place", IN_PLACE.inspect], out.split("\n")
    assert_equal ["in_place", IN_PLACE], assert_whole.first.values_at("mode", "fallback")
    assert_match(/mode in_place, .*, #{IN_PLACE}$/, @stderr)
  end

  def test_no_dump_else
    { refuse(:clone) => %w[raise], refuse(:processes) => %w[raise fork] }.each do |filter, fallbacks|
      next if filter.nil?

      fallbacks.each do |fallback|
        File.write(path, "older")
        assert_match(/\AHeapDump::Error: dump.json: the system refused a process for the dump; raise the limit .*: Operation not permitted\z/,
                     error_of("#{filter}HeapDump.dump(fallback: :#{fallback})"))
        assert_equal "older", File.read(path)
        assert_no_leftovers ["dump.json"]
      end
    end
  end

  def test_a_limit_on_processes
    skip "the limit does not bind the superuser" if Process.euid.zero? && !unprivileged?

    File.chmod(0o777, @folder)
    script = "Process::Sys.setuid(65_534) if Process.euid.zero?; Process.setrlimit(:NPROC, 1); "
    assert_match(/the system refused a process for the dump; .*Resource temporarily unavailable/,
                 error_of("#{script}HeapDump.dump"))
    # Nor is there a thread that limits the flush of an IO.
    assert_match(/the system refused a process for the dump/, error_of("#{script}r, w = IO.pipe; HeapDump.dump(w)"))
    # No thread can be started for the file either.
    ruby("#{script}r = HeapDump.dump(fallback: :in_place); exit(r.mode == :in_place)")
    assert_whole
    assert_no_leftovers ["dump.json"]
  end

  def test_never_in_place_to_a_pipe
    error = error_of("#{refuse(:processes)}r, w = IO.pipe; $t = Thread.new { r.read }; " \
                     "HeapDump.dump(w, fallback: :in_place)")
    assert_match(/\AHeapDump::Refused: .* in place is not written to a pipe, .*: Operation not permitted\z/, error)
  end

  def test_the_hook_has_the_same_choice
    { "" => /no dump: .*the system refused a process/, "in_place" => /wrote .*, in_place, .*, #{IN_PLACE}/ }
      .each do |fallback, line|
      File.write(path("refuse.rb"), refuse(:processes))
      pid, _, _, err = start("puts 'ready'; sleep", options: ["-r#{path('refuse.rb')}", "-rheap_dump/hook"],
                                                    env: { "HEAP_DUMP_FALLBACK" => fallback })
      Process.kill(:USR2, pid)
      assert_match(line, Timeout.timeout(PATIENCE) { err.gets })
    end
  end

  private

  def unprivileged?
    system(RUBY, "-e", "Process::Sys.setuid(65_534); exit!(File.readable?(ARGV[0]))", LIB, err: File::NULL)
  end

  def skip_unless_x86
    skip "only x86-64 has a fork apart from clone" if refuse(:clone).nil?
  end
end
