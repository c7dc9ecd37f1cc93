# frozen_string_literal: true

require "socket"
require_relative "support/fleet"

# A real ClickHouse on loopback takes the dumps of a fleet and answers
# docs/guide/fleet.md's questions.
class ClickhouseTest < Minitest::Test
  include Fleet

  def setup
    super
    needs("clickhouse-server", "clickhouse-server")
    needs("clickhouse-client", "clickhouse-client")
    start
    client("--query", "CREATE DATABASE heaps", database: "default")
  end

  def teardown
    if @server
      Process.kill(:KILL, @server)
      Process.wait(@server)
    end
    super
  end

  def test_a_fleet_in_clickhouse
    schema = run_command(HEAPQ, "export", "--to", "clickhouse", "--schema")
    2.times { client("--multiquery", stdin: schema) }
    dump_and_send_all
    assert_all_came
    assert_texts_arrive
    assert_questions_are_answered
    again
  end

  private

  # A port that was free a moment ago may be taken: then another one.
  def start
    5.times do
      @port = free_port
      File.write(path("config.xml"), config(@port, free_port))
      @server = spawn("clickhouse-server", "--config-file=#{path('config.xml')}", out: path("server.out"), err: %i[child out], chdir: @folder)
      return if started?
    end
    flunk "clickhouse-server does not start:\n#{File.read(path('server.out'))[-4000..]}"
  end

  def started?
    Timeout.timeout(PATIENCE) do
      until Process.wait(@server, Process::WNOHANG)
        return true if system("clickhouse-client", "--port", @port.to_s, "--query", "SELECT 1", %i[out err] => File::NULL)

        sleep 0.2
      end
    end
    @server = nil
    false
  end

  def free_port
    server = TCPServer.new("127.0.0.1", 0)
    server.addr[1]
  ensure
    server&.close
  end

  def config(port, http)
    <<~XML
      <yandex>
        <logger><level>warning</level><console>1</console></logger>
        <listen_host>127.0.0.1</listen_host>
        <tcp_port>#{port}</tcp_port>
        <http_port>#{http}</http_port>
        <path>#{path('data/')}</path>
        <tmp_path>#{path('data/tmp/')}</tmp_path>
        <user_files_path>#{path('data/files/')}</user_files_path>
        <format_schema_path>#{path('data/schemas/')}</format_schema_path>
        <timezone>UTC</timezone>
        <mark_cache_size>67108864</mark_cache_size>
        <users_config>#{path('config.xml')}</users_config>
        <default_profile>default</default_profile>
        <default_database>default</default_database>
        <profiles><default><max_threads>2</max_threads></default></profiles>
        <quotas><default></default></quotas>
        <users><default>
          <password></password>
          <networks><ip>127.0.0.1</ip></networks>
          <profile>default</profile>
          <quota>default</quota>
        </default></users>
      </yandex>
    XML
  end

  def client(*arguments, stdin: "", database: "heaps")
    run_command("clickhouse-client", "--port", @port.to_s, "-d", database, *arguments, stdin: stdin)
  end

  def ask(query)
    client("--query", "#{query} FORMAT TabSeparated").lines(chomp: true).map { |line| line.split("\t", -1) }
  end

  def send_dump(host, db)
    run_command("sh", "-c", "#{HEAPQ} export --db #{db} --to clickhouse --app shop --host #{host} | " \
                            "clickhouse-client --port #{@port} -d heaps --query 'INSERT INTO heap_rows FORMAT JSONEachRow'")
  end

  # The same dump once more is the same rows, when parts are merged.
  def again
    before = counts
    dump = ask("SELECT dump FROM dumps WHERE pid = 101 ORDER BY time").first.first
    send_dump("web-1", db_of(DUMPS[0].last))
    %w[objects edges dumps].each { |table| client("--query", "OPTIMIZE TABLE #{table} PARTITION #{dump} FINAL") }
    assert_equal before, counts
    client("--query", "ALTER TABLE objects DROP PARTITION #{dump}")
    assert_empty ask("SELECT id FROM objects WHERE dump = #{dump} LIMIT 1")
    assert_equal [["3"]], ask("SELECT count(DISTINCT dump) FROM objects")
  end

  def counts
    %w[objects edges dumps].map { |table| ask("SELECT count(*) FROM #{table}") }
  end
end
