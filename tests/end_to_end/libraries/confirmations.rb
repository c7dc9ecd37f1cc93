# frozen_string_literal: true

require "concurrent"

# Nothing resolves the future, so it keeps all who wait for it.
class Confirmations
  def initialize = @go = Concurrent::Promises.resolvable_future

  def watch(order) = @go.then { order.size }
end
CONFIRMATIONS = Confirmations.new

def leak(count) = count.times { |number| CONFIRMATIONS.watch("order #{number} " * 10) }
