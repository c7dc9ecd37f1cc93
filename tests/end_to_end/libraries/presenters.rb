# frozen_string_literal: true

require "concurrent"

# Views by id, for every id that was ever asked for.
module Presenters
  View = Struct.new(:id, :html)
  CACHE = Concurrent::Map.new

  def self.for(id)
    CACHE.compute_if_absent("view/#{id}") { View.new(id, "<i>#{id}</i>" * 8) }
  end
end

def leak(count) = (2 * count).times { |number| Presenters.for(number) }
