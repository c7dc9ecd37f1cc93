# frozen_string_literal: true

# Leaks that threads and the interpreter itself hold.
require_relative "leak"

class Worker
  def initialize(leak)
    @leak = leak
  end

  def work
    Thread.stop
  end

  def handle(request)
    Thread.stop
    request
  end
end

def on_exit(request)
  at_exit { request }
end

def on_signal(request)
  trap("URG") { request }
end

def finalizer(request)
  proc { request }
end

def trace(request)
  TracePoint.new(:thread_end) { request }.enable
end

plant do
  Thread.main[:request] = Leak.new(:fiber_local)
  Thread.main.thread_variable_set(:request, Leak.new(:thread_variable))
  $waiting = Thread.new { Worker.new(Leak.new(:frame_self)).work }
  $handling = Thread.new { Worker.new(nil).handle(Leak.new(:frame_local)) }
  $named = Thread.new do
    Thread.current[:user] = Leak.new(:other_thread_local)
    Thread.stop
  end
  $done = Thread.new { Leak.new(:thread_value) }
  $done.join
  Thread.pass until [$waiting, $handling, $named].all?(&:stop?)
  on_exit(Leak.new(:at_exit))
  on_signal(Leak.new(:trap))
  $watched = Object.new
  ObjectSpace.define_finalizer($watched, finalizer(Leak.new(:finalizer)))
  trace(Leak.new(:enabled_tracepoint))
end
dump
exit!(true) # The handlers have nothing to do.
