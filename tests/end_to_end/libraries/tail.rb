# frozen_string_literal: true

# Lines of a log, of which only the last ones are ever shown.
class Tail
  @@lines = []

  def self.push(line)
    @@lines << line
  end
end

def leak(count) = (4 * count).times { |number| Tail.push("10.0.0.#{number % 250} GET /#{number} 200 and more") }
