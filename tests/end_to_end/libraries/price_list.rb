# frozen_string_literal: true

Quote = Struct.new(:sku, :cents, :note)

# A cache with a key for each moment.
class PriceList
  @quotes = {}

  class << self
    def quote(sku, second)
      @quotes["#{sku}/#{second}"] ||= Quote.new(sku, second * 3, "note " * 20)
    end
  end
end

def leak(count) = (2 * count).times { |number| PriceList.quote("sku", number) }
