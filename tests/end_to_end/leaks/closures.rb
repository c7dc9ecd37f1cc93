# frozen_string_literal: true

# Leaks by code that somebody keeps: blocks, methods, bindings, enumerators.
require_relative "leak"

class Bus
  INSTANCE = new

  def on(event, &handler)
    @handlers ||= {}
    (@handlers[event] ||= []) << handler
  end
end

class Session
  def start(request)
    Bus::INSTANCE.on(:request) { request }
  end

  def nested(request)
    [1].each do |number|
      Bus::INSTANCE.on(:nested) { [number, request] }
    end
  end

  def table(request)
    $table = { on_error: -> { request } }
  end

  def bound(request)
    binding
  end

  def methods_of(widget, request)
    widget.define_method(:draw) { request }
  end

  def singleton_of(object, request)
    object.define_singleton_method(:draw) { request }
  end

  def lazily(request)
    $lazy = [1, 2].lazy.map { |number| [number, request] }
  end

  def as_self
    Bus::INSTANCE.on(:self) { self }
  end

  def trace(request)
    $trace = TracePoint.new(:raise) { request }
  end
end

class Widget; end

class Receiver
  def initialize(leak)
    @leak = leak
  end

  def call; end
end

module Extension
  def self.add(request)
    refine(String) { define_method(:leaky) { request } }
  end
end

plant do
  session = Session.new
  session.start(Leak.new(:closure))
  session.nested(Leak.new(:nested_closure))
  session.table(Leak.new(:lambda_in_hash))
  $binding = session.bound(Leak.new(:binding))
  session.methods_of(Widget, Leak.new(:define_method))
  $decorated = Object.new
  session.singleton_of($decorated, Leak.new(:singleton_method))
  session.lazily(Leak.new(:lazy))
  $method = Receiver.new(Leak.new(:method_object)).method(:call)
  $receiver = Leak.new(:bound_receiver).method(:hash)
  $each = Receiver.new(Leak.new(:enumerator)).to_enum(:call)
  session.trace(Leak.new(:tracepoint))
  other = Session.new
  other.instance_variable_set(:@user, Leak.new(:closure_self))
  other.as_self
  Extension.add(Leak.new(:refinement))
end

dump
