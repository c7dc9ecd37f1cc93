# frozen_string_literal: true

# Lets a program's system refuse a process.
module RefusedProcesses
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
