# frozen_string_literal: true

# A heap of a given size in this process: nested hashes, strings, structs and
# closures, with a linked list of a fifth of the objects and arrays nested
# 100,000 deep. The same size makes the same objects.
module MadeHeap
  Node = Struct.new(:value, :next)
  Order = Struct.new(:id, :lines, :customer)

  class Customer
    def initialize(number)
      @name = "customer #{number}"
      @tags = ["tag #{number % 100}", "new"]
      @address = { "street" => "street #{number % 1000}", city: "city #{number % 50}" }
    end
  end

  class Registry
    HANDLERS = []
    ORDERS = {}
    SESSIONS = {}

    # Each block captures its own locals.
    def self.subscribe(number)
      request = "request #{number}"
      HANDLERS << proc { |event| [event, request] }
    end
  end

  class << self
    def make(count)
      @count = count
      GC.disable
      (count / 5).times { |number| $list = Node.new(number, $list) }
      [100_000, count / 10].min.times { $nested = [$nested] }
      GC.enable

      customers = []
      fill(0.25) { |number| customers << Customer.new(number) }
      fill(0.25) do |number|
        Registry::ORDERS["order-#{number}"] =
          Order.new(number, [{ sku: "sku #{number % 5000}", count: 1 + number % 3, price: number * 1.0e-300 }],
                    customers[number % customers.size])
      end
      fill(0.1) { |number| Registry.subscribe(number) }
      fill(0.15) { |number| (Registry::SESSIONS[number % 100] ||= {})[number] = { user: { name: "user #{number}", roles: [] } } }
      GC.start
    end

    def live
      ObjectSpace.count_objects.then { |counts| counts[:TOTAL] - counts[:FREE] }
    end

    private

    # Calls the block with 0, 1, … until about `share` of all objects are made.
    def fill(share)
      first = live
      wanted = (@count * share).to_i
      number = 0
      while live - first < wanted
        1000.times do
          yield number
          number += 1
        end
      end
    end
  end
end
