# frozen_string_literal: true

# Leaks in what stopped half-way: fibers and external enumerators.
require_relative "leak"

class Worker
  def each_item(request)
    [1, 2].each do |item|
      Fiber.yield [item, request]
    end
  end
end

def enumerate(request)
  Enumerator.new do |items|
    kept = [request]
    items << 1
    items << kept
  end
end

# A fiber belongs to the thread that made it: these must be the main one's.
def suspend
  $fiber = Fiber.new { Worker.new.each_item(Leak.new(:suspended_fiber)) }
  $fiber.resume
  $items = enumerate(Leak.new(:external_enumerator))
  $items.next
end

suspend
dump
