# frozen_string_literal: true

# Who wants to hear of an event leaves a block. There is one bus, and it lives
# as long as the process.
class EventBus
  def initialize
    @handlers = Hash.new { |handlers, event| handlers[event] = [] }
  end

  def on(event, &handler)
    @handlers[event] << handler
  end

  def publish(event, *details)
    @handlers[event].each { |handler| handler.call(*details) }
  end

  INSTANCE = new
end
