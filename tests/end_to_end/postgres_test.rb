# frozen_string_literal: true

require "etc"
require_relative "support/fleet"

# A real PostgreSQL, on a socket in the test's own folder, takes the dumps of a
# fleet and answers docs/guide/fleet.md's questions.
class PostgresTest < Minitest::Test
  include Fleet

  def setup
    super
    @bin = Dir["/usr/lib/postgresql/*/bin"].max_by { |folder| folder[/\d+/].to_i }
    skip "SKIPPED: PostgreSQL's server is not there; install Debian's postgresql" unless @bin
    needs("psql", "postgresql-client")
    start
  end

  def teardown
    as_user("#{@bin}/pg_ctl", "-D", path("data"), "-m", "immediate", "-w", "stop") if @started
    super
  end

  def test_a_fleet_in_postgresql
    dump_and_send_all
    assert_all_came
    assert_texts_arrive
    assert_questions_are_answered
    again
    cut
    no_utf8
  end

  private

  # The server refuses to be root's.
  def start
    File.chmod(0o755, @folder)
    Dir.mkdir(path("socket"))
    Dir.mkdir(path("data"))
    FileUtils.chown("postgres", "postgres", [path("socket"), path("data")]) if Process.uid.zero?
    as_user("#{@bin}/initdb", "-D", path("data"), "-A", "trust", "-U", "heapq", "-E", "UTF8", "--locale=C", "--no-sync")
    as_user("#{@bin}/pg_ctl", "-D", path("data"), "-w", "-t", PATIENCE.to_s, "-l", path("data/log"),
            "-o", "-c listen_addresses='' -k #{path('socket')} -c fsync=off", "start")
    @started = true
  end

  # Output to a file: a server that goes on would hold a pipe open.
  def as_user(*command)
    command = ["runuser", "-u", "postgres", "--", *command] if Process.uid.zero?
    File.open(path("server.out"), "a") do |log|
      assert system(*command, out: log, err: log, chdir: "/"), File.read(log.path)
    end
  end

  def psql(*arguments, stdin: "", database: "postgres")
    env = { "PGOPTIONS" => "-c search_path=heap,public -c timezone=UTC" }
    run_command("psql", "-X", "-q", "-h", path("socket"), "-U", "heapq", "-d", database, *arguments, env: env, stdin: stdin)
  end

  # COPY's text format: texts hold tabs.
  def ask(query)
    psql("-c", "COPY (#{query}) TO STDOUT").lines(chomp: true).map { |line| line.split("\t", -1) }
  end

  def send_dump(host, db)
    psql("-f", exported(host, db))
  end

  def exported(host, db)
    run_command(HEAPQ, "export", "--db", db, "--to", "postgres", "--app", "shop", "--host", host, "-o", path("sent.sql"))
    path("sent.sql")
  end

  # The same dump once more takes its old rows' place.
  def again
    before = ask("SELECT (SELECT count(*) FROM objects), (SELECT count(*) FROM edges), (SELECT count(*) FROM dumps)")
    send_dump("web-1", db_of(DUMPS[0].last))
    assert_equal before, ask("SELECT (SELECT count(*) FROM objects), (SELECT count(*) FROM edges), (SELECT count(*) FROM dumps)")
    # Partitions by dump, whose keys and indexes are the whole table's.
    assert_equal [["4"]], ask("SELECT count(*) FROM pg_inherits WHERE inhparent = 'heap.objects'::regclass")
  end

  # Half a stream changes nothing, whether psql minds where it ends or not.
  def cut
    whole = exported("web-3", db_of(DUMPS[0].last))
    File.truncate(whole, File.size(whole) / 2)
    system("psql", "-X", "-q", "-h", path("socket"), "-U", "heapq", "-d", "postgres", "-f", whole, err: File::NULL)
    assert_empty ask("SELECT dump FROM dumps WHERE host = 'web-3'")
    assert_empty ask("SELECT relname FROM pg_class WHERE relname LIKE '%\\_new'")
  end

  # psql's own word for it, and an exit code that scripts see.
  def no_utf8
    psql("-c", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    _, err, status = Open3.capture3("psql", "-X", "-q", "-h", path("socket"), "-U", "heapq", "-d", "latin",
                                    "-f", exported("web-4", db_of(DUMPS[2].last)))
    refute status.success?
    assert_includes err, "LATIN1"
  end
end
