# frozen_string_literal: true

require "net/http"
require "puma"
require "puma/server"

# Eight requests are being answered, each with its rows in locals.
class Rows
  def call(_env)
    rows = Array.new(1000) { |number| { id: number, text: "row #{number}" } }
    sleep 5
    [200, {}, [rows.size.to_s]]
  end
end

def healthy
  server = Puma::Server.new(Rows.new, Puma::Events.strings, min_threads: 8, max_threads: 8)
  server.add_tcp_listener("127.0.0.1", 0)
  server.run
  address = URI("http://127.0.0.1:#{server.connected_ports.first}/")
  8.times { Thread.new { Net::HTTP.get(address) } }
  sleep 0.05 until server.pool_capacity.zero?
end
