# frozen_string_literal: true

require_relative "support/end_to_end"

# `config.heap_dump` and the tasks of a Rails application that has the gem.
class RailsTest < Minitest::Test
  include EndToEnd

  APPLICATION = <<~'RUBY'
    ENV["RAILS_ENV"] = "production"
    require "rails"
    require "heap_dump"
    class Kept; end
    class Shop < Rails::Application
      config.root = __dir__
      config.eager_load = false
      config.secret_key_base = "x" * 64
      config.logger = Logger.new(nil)
      config.after_initialize { $kept = Array.new(17) { Kept.new } }
      instance_eval(ENV["SETTINGS"].to_s)
    end
  RUBY
  RAKEFILE = "require_relative \"application\"\nShop.load_tasks\n"

  def setup
    super
    skip "SKIPPED: Rails is not there; install Debian's ruby-rails" unless system(RUBY, "-e", "require 'rails'", err: File::NULL)
    File.write(path("application.rb"), APPLICATION)
    File.write(path("Rakefile"), RAKEFILE)
    FileUtils.mkdir_p(path("config"))
    File.write(path("config/environment.rb"), "Rails.application.initialize!\n")
  end

  def test_the_task_dumps_the_booted_application
    out = rake("heap:dump")
    dump = out[/^heap:dump: wrote (\S+) \(\d+ objects\)$/, 1]
    assert_equal path("tmp/heap_dumps"), File.dirname(dump)
    assert_includes out, "Next: heapq load #{dump}"
    load_dump(dump)
    assert_equal ["17"], sql("SELECT count(*) FROM v_objects WHERE class = 'Kept'")
    assert_equal 17, JSON.parse(rake("heap:count[Kept,Shop]")).dig("user_types", "Kept")
  end

  def test_settings_and_variables
    settings = "config.heap_dump.dir = '#{path('here')}'; config.heap_dump.compress = 'gzip'; config.heap_dump.keep = 1"
    2.times { rake("heap:dump", "SETTINGS" => settings) }
    assert_equal([".json.gz"], Dir.children(path("here")).map { |name| name[/\.json.*/] })
    rake("heap:dump", "SETTINGS" => settings, "HEAP_DUMP_DIR" => path("there"))
    assert_equal 1, Dir.children(path("there")).size
    error = rake_fails("heap:dump", "SETTINGS" => "config.heap_dump.colour = 'red'")
    assert_equal "heap:dump: config.heap_dump has no colour\n", error.lines.last
    error = rake_fails("heap:dump", "SETTINGS" => "config.heap_dump.mode = 'slow'")
    assert_match(/\Aheap:dump: HEAP_DUMP_MODE=slow is none of clone/, error.lines.last)
  end

  def test_the_hook_of_a_running_process
    program = "require_relative 'application'; Shop.initialize!; $stdout.puts 'up'; $stdout.flush; sleep"
    settings = "config.heap_dump.hook = true; config.heap_dump.signal = 'URG'"
    running(program, settings) do |pid|
      assert_includes rake("heap:dump", "PID" => pid.to_s, "SETTINGS" => settings), "sent SIGURG to #{pid}"
      Timeout.timeout(PATIENCE) { sleep 0.05 until Dir[path("tmp/heap_dumps/heap_dump-#{pid}-*.json")].any? }
      # A signal without a handler would end it.
      error = rake_fails("heap:dump", "PID" => pid.to_s)
      assert_match(/process #{pid} does not handle SIGUSR2/, error)
      assert Process.kill(0, pid)
    end
  end

  # A wrong setting is one line, and the program boots.
  def test_a_hook_that_fails
    out, err, status = Open3.capture3({ "SETTINGS" => "config.heap_dump.hook = true; config.heap_dump.signal = 'NOPE'" }, RUBY, "-W0",
                                      "-I", LIB, "-e", "require './application'; Shop.initialize!; print $kept.size", chdir: @folder)
    assert status.success?, err
    assert_equal "17", out
    assert_match(/\Aheap_dump: the hook is off in pid \d+: HEAP_DUMP_SIGNAL=NOPE is not a signal of this system\n\z/, err)
  end

  private

  def rake(task, env = {})
    run_command(RUBY, "-W0", "-I", LIB, "-S", "rake", task, env: env)
  end

  def rake_fails(task, env = {})
    _, err, status = Open3.capture3(env, RUBY, "-W0", "-I", LIB, "-S", "rake", task, chdir: @folder)
    refute status.success?
    err
  end

  def running(program, settings)
    IO.popen([{ "SETTINGS" => settings }, RUBY, "-W0", "-I", LIB, "-e", program, { chdir: @folder, err: File::NULL }]) do |io|
      assert_equal "up\n", io.gets
      yield io.pid
    ensure
      Process.kill(:KILL, io.pid)
    end
  end
end
