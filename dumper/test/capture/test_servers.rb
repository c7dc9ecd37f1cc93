# frozen_string_literal: true

require_relative "capture_helper"
require "net/http"
require "socket"

# The hook in the real servers, as Debian packages them.
class TestServers < Minitest::Test
  include TakeHelper

  WROTE = /^heap_dump: pid (\d+) wrote (\S+) /.freeze

  # A cluster of two workers; the app knows nothing of the hook. SIGUSR2
  # restarts a Puma, so another signal is chosen.
  def test_puma_cluster
    skip "puma is not installed" unless command?("puma")
    port = free_port
    File.write(path("config.ru"), <<~RUBY)
      LEAK = []
      run lambda { |env|
        LEAK << env["PATH_INFO"].dup
        [200, { "Content-Type" => "text/plain" }, [Process.pid.to_s]]
      }
    RUBY
    master = serve("puma", "-w", "2", "-t", "1:4", "-b", "tcp://127.0.0.1:#{port}", "config.ru",
                   env: { "HEAP_DUMP_SIGNAL" => "URG" })
    wait_until("puma answers") { get(port) }
    workers = wait_until("both workers are up") do
      found = Array.new(20) { get(port) }.compact.map(&:to_i).uniq
      found if found.size == 2
    end
    [*workers, master].each do |pid|
      Process.kill(:URG, pid)
      file = wait_until("pid #{pid} wrote its dump") { log.scan(WROTE).to_h[pid.to_s] }
      all = assert_whole(File.basename(file))
      assert_equal pid, all.first["pid"]
      next if pid == master

      strings = all.select { |record| record["bt"] == "T_STRING" && record["val"] == "/leak" }
      refute_empty strings
    end
    assert_equal workers.sort, Array.new(20) { get(port).to_i }.uniq.sort, "the same workers still serve"
    Process.kill(:TERM, master)
    assert_ends(master)
  end

  def test_sidekiq
    skip "sidekiq or redis-server is not installed" unless command?("sidekiq") && command?("redis-server")
    port = free_port
    start_redis(port)
    File.write(path("jobs.rb"), <<~RUBY)
      require "sidekiq"
      class LeakyJob
        include Sidekiq::Worker
        SEEN = []
        def perform(text)
          SEEN << [text, "seen by the job"]
          File.write("done", "")
          sleep 0.2
        end
      end
    RUBY
    env = { "REDIS_URL" => "redis://127.0.0.1:#{port}/0" }
    pid = serve("sidekiq", "-r", "./jobs.rb", "-c", "3", env: env)
    ruby("require './jobs'; 5.times { |i| LeakyJob.perform_async(i.to_s) }", env: env, options: [])
    wait_until("a job ran") { File.exist?(path("done")) }
    Process.kill(:USR2, pid)
    file = wait_until("it wrote its dump") { log.scan(WROTE).to_h[pid.to_s] }
    all = assert_whole(File.basename(file))
    assert(all.any? { |record| record["name"] == "LeakyJob" && record["bt"] == "T_CLASS" })
    assert(all.any? { |record| record["bt"] == "T_STRING" && record["val"] == "seen by the job" })
    File.delete(path("done"))
    ruby("require './jobs'; LeakyJob.perform_async('again')", env: env, options: [])
    wait_until("jobs still run") { File.exist?(path("done")) }
    Process.kill(:TERM, pid)
    assert_ends(pid)
  end

  private

  def command?(name)
    ENV.fetch("PATH").split(":").any? { |folder| File.executable?(File.join(folder, name)) }
  end

  def free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  # Starts a program with the hook by RUBYOPT alone; its output is the log.
  def serve(*command, env: {})
    hooked = { "RUBYOPT" => "-W0 -I#{LIB} -rheap_dump/hook", "HEAP_DUMP_DIR" => @folder }
    pid = spawn(hooked.merge(env), *command, chdir: @folder, in: File::NULL, %i[out err] => [path("log"), "a"])
    @children << pid
    pid
  end

  def start_redis(port)
    @children << spawn("redis-server", "--port", port.to_s, "--bind", "127.0.0.1", "--save", "", "--dir", @folder,
                       %i[out err] => File::NULL)
    wait_until("redis answers") do
      TCPSocket.open("127.0.0.1", port, &:close) || true
    rescue SystemCallError
      false
    end
  end

  def log
    File.exist?(path("log")) ? File.read(path("log")) : ""
  end

  def get(port)
    Net::HTTP.get(URI("http://127.0.0.1:#{port}/leak"))
  rescue SystemCallError, EOFError, Net::ProtocolError
    nil
  end

  def assert_ends(pid)
    Timeout.timeout(PATIENCE) { Process.wait(pid) }
    @children.delete(pid)
  rescue Timeout::Error
    flunk "#{pid} does not end:\n#{log}"
  end
end
