# frozen_string_literal: true

require "active_support"
require "active_support/notifications"

# Each upload subscribes, and no one takes the subscription back.
class Upload
  def initialize(number)
    @parts = Array.new(10) { |part| "part #{part} of #{number}" }
  end

  def watch
    ActiveSupport::Notifications.subscribe("upload.done") { |*_event| @parts.size }
  end
end

def leak(count) = count.times { |number| Upload.new(number).watch }
