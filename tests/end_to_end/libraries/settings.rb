# frozen_string_literal: true

require "yaml"

# Tables and routes that are made once, while the program starts.
class Dictionary
  Entry = Struct.new(:word, :meaning)

  def self.read = new(Array.new(2500) { |number| Entry.new("word#{number}", "meaning #{number}") })

  def initialize(entries)
    @entries = entries.to_h { |entry| [entry.word, entry] }
  end
  WORDS = read
end

class Router
  Route = Struct.new(:path, :handler)

  def initialize = @routes = []

  def get(path, &handler)
    @routes << Route.new(path, handler)
  end
end
ROUTER = Router.new
200.times { |number| ROUTER.get("/r#{number}") { |x| x + number } }

# A cache that drops the oldest entry.
class Pages
  def initialize(max)
    @max = max
    @pages = {}
  end

  def fetch(key)
    @pages.shift if @pages.size >= @max
    @pages[key] ||= yield
  end
end
PAGES = Pages.new(1500)

def healthy = 5000.times { |number| PAGES.fetch("page #{number}") { "<p>#{number}</p>" * 10 } }
