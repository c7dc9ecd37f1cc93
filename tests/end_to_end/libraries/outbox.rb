# frozen_string_literal: true

# Messages that no thread takes out.
class Mailer
  Message = Struct.new(:to, :body)
  OUTBOX = Thread::Queue.new

  def self.deliver_later(to) = OUTBOX << Message.new(to, "hello " * 20)
end

def leak(count) = (2 * count).times { |number| Mailer.deliver_later("user#{number}@example.org") }
