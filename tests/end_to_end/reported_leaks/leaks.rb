# frozen_string_literal: true

# Leaks in the shape of public reports. A program that needs a library requires
# it inside its block, and defines its classes there by `eval`.

# The finalizer of a node captures the node itself, which therefore never ends
# (ruby-rdf/rdf#438).
class Nodes
  Node = Struct.new(:text)

  def initialize = @ids = {}

  def intern(text)
    node = Node.new(text)
    ids = @ids
    ids[text] = node.object_id
    ObjectSpace.define_finalizer(node, proc { ids.delete(node.text) })
  end
end
NODES = Nodes.new
PROGRAMS["finalizers_of_values"] = -> { 1500.times { |number| NODES.intern("node #{number} " * 20) } }

# The end of a long text is kept, and keeps the whole text.
class Summary
  def initialize(text) = @text = text
end
SUMMARIES = []
PROGRAMS["ends_of_texts"] = lambda do
  50.times { |number| SUMMARIES << Summary.new(("line #{number} of a long page\n" * 4000)[-80..]) }
end

# A TracePoint for each job, which nothing disables.
class Watcher
  def initialize(number)
    @rows = Array.new(60) { |row| "row #{row} of job #{number}" }
  end

  def watch = TracePoint.new(:raise) { |point| @rows << point.path }.enable
end
PROGRAMS["trace_points"] = -> { 200.times { |number| Watcher.new(number).watch } }

# Futures that are finished, in a list that nothing empties
# (ruby-concurrency/concurrent-ruby#959).
PROGRAMS["finished_futures"] = lambda do
  require "concurrent"
  eval(<<~RUBY, TOPLEVEL_BINDING, __FILE__, __LINE__ + 1)
    class Thumbnail
      def initialize(number) = @bytes = "pixel \#{number} " * 90
    end
    class Thumbnails
      def initialize
        @made = Concurrent::Map.new
        @pool = Concurrent::FixedThreadPool.new(2)
      end
      attr_reader :made

      def make(number) = @made[number] = Concurrent::Promises.future_on(@pool, number) { |at| Thumbnail.new(at) }.then(&:itself)
    end
    THUMBNAILS = Thumbnails.new
  RUBY
  400.times { |number| THUMBNAILS.make(number) }
  THUMBNAILS.made.each_value(&:wait)
end

# A cache of a GraphQL schema with a key for each query (rmosolgo/graphql-ruby#2878).
PROGRAMS["query_contexts"] = lambda do
  require "graphql"
  eval(<<~RUBY, TOPLEVEL_BINDING, __FILE__, __LINE__ + 1)
    class BookType < GraphQL::Schema::Object
      field :title, String, null: false
      def title = object[:title]
    end
    class Root < GraphQL::Schema::Object
      field(:book, BookType, null: true) { argument :id, ID, required: true }
      def book(id:) = { title: "book \#{id} " * 10 }
    end
    class Library < GraphQL::Schema
      query Root
      def self.permissions(context)
        @permissions ||= {}
        @permissions[context] ||= types.keys
      end
    end
  RUBY
  300.times do |number|
    query = GraphQL::Query.new(Library, "{ book(id: #{number}) { title } }", context: { reader: "reader #{number} " * 10 })
    Library.permissions(query.context)
    raise "no answer" unless query.result["data"]
  end
end

# The logger is extended again by each request (rails-footnotes#156).
PROGRAMS["extended_loggers"] = lambda do
  require "active_support"
  require "active_support/logger"
  require "stringio"
  eval(<<~RUBY, TOPLEVEL_BINDING, __FILE__, __LINE__ + 1)
    class Footnotes
      LOGGER = ActiveSupport::Logger.new(nil)

      def call(env)
        page = StringIO.new
        LOGGER.extend(ActiveSupport::Logger.broadcast(ActiveSupport::Logger.new(page)))
        env["footnotes"] = page
      end
    end
  RUBY
  300.times { |number| Footnotes.new.call("PATH_INFO" => "/page/#{number}") }
end

# Each request makes a subclass of a model (rails/rails#31395).
PROGRAMS["classes_of_requests"] = lambda do
  ENV["DATABASE_URL"] = "sqlite3::memory:"
  require "active_record"
  eval(<<~RUBY, TOPLEVEL_BINDING, __FILE__, __LINE__ + 1)
    ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
    ActiveRecord::Schema.verbose = false
    ActiveRecord::Schema.define do
      create_table(:seats) { |table| table.integer :hall_id }
      create_table(:halls) { |table| table.string :name }
    end
    class Seat < ActiveRecord::Base; end
    class Hall < ActiveRecord::Base
      def self.between(range)
        Class.new(self) { has_many :seats, -> { where(id: range) }, foreign_key: :hall_id, class_name: "Seat" }.count
      end
    end
  RUBY
  120.times { |number| Hall.between(0..number) }
end

# A controller subscribes for each request (aserafin/grape_logging#7).
PROGRAMS["subscriptions_of_requests"] = lambda do
  ENV["RAILS_ENV"] = "production"
  require "logger"
  require "rails"
  require "action_controller/railtie"
  require "rack/mock"
  eval(<<~RUBY, TOPLEVEL_BINDING, __FILE__, __LINE__ + 1)
    class Theatre < Rails::Application
      config.eager_load = false
      config.secret_key_base = "x" * 64
      config.logger = Logger.new(nil)
      config.hosts.clear
      routes.append { get "/tickets/:id", to: "tickets#show" }
    end
    class TicketsController < ActionController::Base
      before_action :note_queries
      def show = render(plain: "ticket \#{params[:id]}")

      private

      def note_queries
        ActiveSupport::Notifications.subscribe("sql.active_record") { |*_, payload| @last = payload }
      end
    end
    Theatre.initialize!
  RUBY
  300.times { |number| Rack::MockRequest.new(Theatre).get("/tickets/#{number}") }
end

# A filter appends each request to a setting of the application.
PROGRAMS["requests_in_a_setting"] = lambda do
  ENV["APP_ENV"] = "production"
  require "sinatra/base"
  require "rack/mock"
  eval(<<~RUBY, TOPLEVEL_BINDING, __FILE__, __LINE__ + 1)
    class Kiosk < Sinatra::Base
      set :visits, []
      before { settings.visits << [request.ip, env] }
      get("/papers/:id") { "paper \#{params[:id]}" }
    end
  RUBY
  client = Rack::MockRequest.new(Kiosk)
  400.times { |number| client.get("/papers/#{number}") }
end
