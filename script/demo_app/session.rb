# frozen_string_literal: true

require_relative "event_bus"

# What one visitor does.
class Session
  attr_reader :seen

  def initialize
    @seen = []
  end

  # The session wants to know what else its visitor asks for. Nobody ever
  # takes the block back: that is the leak this demonstration looks for.
  def start(request)
    EventBus::INSTANCE.on(:request) do |path|
      @seen << path if path == request.path
    end
  end
end
