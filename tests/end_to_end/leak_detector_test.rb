# frozen_string_literal: true

require_relative "support/end_to_end"
require "net/http"

# The leak detector in real applications: one line loads it, nobody asks.
class LeakDetectorTest < Minitest::Test
  include EndToEnd

  SHOP = File.expand_path("../../script/demo_app", __dir__)
  LINE = File.readlines(File.join(SHOP, "session.rb")).index { |line| line.include?("EventBus::INSTANCE.on") } + 1
  # Looks at once instead of in the course of the next collections.
  FOUND = <<~RUBY
    leaks = HeapDump::LeakDetector.default.check(force: true)
    leaks.each { |leak| puts [leak.class_name, leak.reason, leak.path, leak.look_at, leak.also.join(",")].join("|") }
  RUBY

  def test_the_shop_reports_its_leak_unasked
    log = path("log")
    env = { "RUBYLIB" => LIB, "RUBYOPT" => "-W0 -rheap_dump/watch", "RACK_ENV" => "development", "HEAPQ" => HEAPQ,
            "HEAP_DUMP_LEAKS_SECONDS" => "1", "BUNDLE_GEMFILE" => nil }
    pid = spawn(env, "puma", "--bind", "tcp://127.0.0.1:0", File.join(SHOP, "config.ru"), %i[out err] => log)
    port = wait_for(log, %r{Listening on http://127\.0\.0\.1:(\d+)})
    run_command(File.join(SHOP, "visit"), port, "60")
    wait_for(log, /^(heap_dump: pid #{pid} LEAK: 60 × Rack::Request should have been released \(its request is over\))/)
    wait_for(log, /^   (EventBus::INSTANCE → @handlers → \[:request\] → \[\*\] → local request captured by block in Session#start) /)
    wait_for(log, %r{^   (Look at #{SHOP}/session\.rb:#{LINE}: block in Session#start captures local request)$})
    wait_for(log, /^   (fingerprint \h{16})$/)
    assert_equal 1, File.read(log).scan("LEAK").size
  ensure
    Process.kill(:KILL, pid) && Process.wait(pid) if pid
  end

  def test_sinatra
    out = watched(<<~RUBY)
      require "sinatra/base"
      KEPT = []
      class App < Sinatra::Base
        set :environment, :production
        get("/leak") { KEPT << self; "leaked" }
        get("/") { "well" }
      end
      app = Rack::Builder.app { run App }
      env = ->(path) { Rack::MockRequest.env_for(path) }
      40.times { app.call(env.call("/")) }
      #{FOUND}
      puts "--"
      30.times { app.call(env.call("/leak")) }
      #{FOUND}
    RUBY
    clean, leaky = out.split("--\n")
    assert_equal "", clean
    assert_match(/\AApp\|its request is over\|KEPT → \[\*\]\|/, leaky)
  end

  def test_rails
    out = watched(<<~RUBY)
      require "rails"
      require "action_controller/railtie"
      require "active_job/railtie"
      require "active_record"
      require "logger"
      KEPT = []
      RECORDS = {}
      class Shop < Rails::Application
        config.eager_load = false
        config.logger = Logger.new(IO::NULL)
        config.secret_key_base = "x" * 64
        config.hosts.clear
        routes.append { get "/leak", to: "items#leak"; get "/", to: "items#show"; get "/record", to: "items#record" }
      end
      ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
      ActiveRecord::Schema.verbose = false
      ActiveRecord::Schema.define { create_table(:items) { |t| t.string :name } }
      class Item < ActiveRecord::Base; end
      class ItemsController < ActionController::Base
        def show = render(plain: "well")
        def leak
          KEPT << self
          render plain: "leaked"
        end
        def record
          RECORDS[Item.create!(name: "a").id] = Item.last
          render plain: "record"
        end
      end
      class MailJob < ActiveJob::Base
        JOBS = []
        def perform = JOBS << self
      end
      events = []
      ActiveSupport::Notifications.subscribe("leak.heap_dump") { |*, payload| events << payload[:leak].class_name }
      Rails.application.initialize!
      Rails.application.routes_reloader.execute_if_updated
      get = ->(path) { Rails.application.call(Rack::MockRequest.env_for(path)).tap { |status, *| raise path unless status == 200 } }
      30.times { get.call("/"); get.call("/leak"); get.call("/record"); MailJob.perform_now }
      #{FOUND}
      puts "events " + events.sort.join(",")
    RUBY
    found = out.lines(chomp: true).map { |line| line.split("|") }
    classes = found.map(&:first)
    assert_includes classes, "ItemsController"
    assert_includes classes, "Item"
    assert_includes classes, "MailJob"
    by_class = found.to_h { |name, *rest| [name, rest] }
    assert_equal ["its request is over", "KEPT → [*]"], by_class["ItemsController"].first(2)
    assert_equal ["its request is over", "RECORDS → [*]"], by_class["Item"].first(2)
    assert_equal ["its job has ended", "MailJob::JOBS → [*]"], by_class["MailJob"].first(2)
    assert_includes out, "events #{(classes - [classes.last]).sort.join(',')}"
  end

  def test_sidekiq
    out = watched(<<~RUBY)
      require "sidekiq"
      require "sidekiq/testing"
      class Mail
        include Sidekiq::Worker
        SENT = []
        def perform = SENT << self
      end
      Sidekiq::Testing.inline!
      Sidekiq::Testing.server_middleware { |chain| chain.add(HeapDump::LeakDetector::Libraries::Sidekiq) }
      30.times { Mail.perform_async }
      #{FOUND}
    RUBY
    assert_match(/\AMail\|its job has ended\|Mail::SENT → \[\*\]\|/, out)
  end

  # Each process of the same program has the same fingerprint; it can be ignored.
  def test_known_fingerprints_are_not_reported
    program = <<~RUBY
      class Session; end
      KEPT = Array.new(30) { HeapDump.watch(Session.new, "logged out") }
      HeapDump::LeakDetector.default.check(force: true).each { |leak| puts leak.fingerprint }
    RUBY
    first = watched(program)
    assert_match(/\A\h{16}\n\z/, first)
    assert_equal first, watched("sleep 0.01\n#{program}")
    File.write(path("known"), "# ours\n#{first.chomp} the sessions\n")
    assert_equal "", watched(program, "HEAP_DUMP_LEAKS_KNOWN" => path("known"))
  end

  # Nothing stays on the disk: neither dumps nor indexes, nor those of a process
  # that was killed an hour ago.
  def test_leaves_no_files
    Dir.mkdir(path("tmp"))
    %w[old new].each { |name| Dir.mkdir(path("tmp/heap_dump-leaks-#{name}")) }
    File.utime(0, 0, path("tmp/heap_dump-leaks-old"))
    watched("class S; end; K = Array.new(30) { HeapDump.watch(S.new) }\n#{FOUND}", "HEAP_DUMP_LEAKS_DIR" => path("tmp"))
    assert_equal ["heap_dump-leaks-new"], Dir.children(path("tmp"))
  end

  private

  # What a program prints that loads the detector by RUBYOPT.
  def watched(program, env = {})
    File.write(path("program.rb"), program)
    run_command(RUBY, path("program.rb"), env: { "RUBYOPT" => "-W0 -I#{LIB} -rheap_dump/watch", "HEAPQ" => HEAPQ, "BUNDLE_GEMFILE" => nil }.merge(env))
  end

  def wait_for(log, what)
    Timeout.timeout(PATIENCE) do
      loop do
        found = File.read(log)[what, 1]
        return found if found

        sleep 0.1
      end
    end
  rescue Timeout::Error
    flunk "not in the log: #{what.inspect}\n#{File.read(log)}"
  end
end
