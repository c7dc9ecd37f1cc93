# frozen_string_literal: true

require "rack"
require_relative "event_bus"
require_relative "session"

# A small shop: /items/<number>.
class Shop
  def call(env)
    request = Rack::Request.new(env)
    EventBus::INSTANCE.publish(:request, request.path)
    Session.new.start(request)
    [200, { "Content-Type" => "text/plain" }, ["item #{request.path[/\d+/]}\n"]]
  end
end

run Shop.new
