# frozen_string_literal: true

require_relative "take_helper"

# What stands in where the system refuses a process for the dump.
class TestFallback < Minitest::Test
  include TakeHelper

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

  # A seccomp filter that answers EPERM. :processes refuses clone(2) without
  # CLONE_VM (a new process), clone3 as a whole (the C library then takes
  # clone), fork and vfork. :clone refuses clone(2) without an exit signal, and
  # so lets the C library's fork pass; nil where it cannot be made.
  def refuse(what)
    return nil if what == :clone && !RUBY_PLATFORM.start_with?("x86_64")

    filter = what == :clone ? NO_BARE_CLONE : NO_PROCESSES
    <<~RUBY
      require "fiddle"
      libc = Fiddle.dlopen(nil)
      prctl = Fiddle::Function.new(libc["prctl"], [Fiddle::TYPE_LONG] * 5, Fiddle::TYPE_INT)
      clone, fork_, vfork, clone3 = *(RUBY_PLATFORM.start_with?("x86_64") ? [56, 57, 58, 435] : [220, 9999, 9999, 435])
      refuse = 0x00050001
      filter = #{filter}.map { |row| row.pack("SCCL") }.join
      program = [filter.size / 8, Fiddle::Pointer[filter].to_i].pack("Sx6J")
      prctl.call(38, 1, 0, 0, 0).zero? or abort "no_new_privs"
      prctl.call(22, 2, Fiddle::Pointer[program].to_i, 0, 0).zero? or abort "seccomp"
    RUBY
  end

  NO_PROCESSES = <<~RUBY.chomp
    [
      [0x20, 0, 0, 0],           # the call's number
      [0x15, 5, 0, fork_],
      [0x15, 4, 0, vfork],
      [0x15, 4, 0, clone3],
      [0x15, 0, 4, clone],
      [0x20, 0, 0, 16],          # its first argument
      [0x45, 2, 0, 0x100],       # CLONE_VM: a thread
      [0x06, 0, 0, refuse],      # EPERM
      [0x06, 0, 0, 0x00050026],  # ENOSYS
      [0x06, 0, 0, 0x7fff0000]   # allowed
    ]
  RUBY
  NO_BARE_CLONE = <<~RUBY.chomp
    [
      [0x20, 0, 0, 0],           # the call's number
      [0x15, 0, 3, clone],
      [0x20, 0, 0, 16],          # its first argument
      [0x45, 1, 0, 0xff],        # an exit signal
      [0x45, 0, 1, 0x100],       # CLONE_VM: a thread
      [0x06, 0, 0, 0x7fff0000],  # allowed
      [0x06, 0, 0, refuse]       # EPERM
    ]
  RUBY
end
