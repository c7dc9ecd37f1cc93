# frozen_string_literal: true

require_relative "support/end_to_end"

# Programs that leak as public reports describe it: reported_leaks/leaks.rb. The
# others of this kind are in accumulations_test.rb and libraries_test.rb.
class ReportedLeaksTest < Minitest::Test
  include EndToEnd

  # What the first suspect names, in a dump of the gem and in one of dump_all;
  # Debian's package of the library; the level, where it is not "likely".
  LEAKS = {
    "finalizers_of_values" => [/finalizers.*(Node|leaks\.rb)/, /Node|leaks\.rb/],
    "ends_of_texts" => [/SUMMARIES/, /Summary|String/],
    "trace_points" => [/TracePoint.*(Watcher|leaks\.rb)|Watcher.*TracePoint/, /TracePoint|Watcher/],
    "finished_futures" => [/Thumbnails @made/, /Thumbnails|Concurrent/, "ruby-concurrent"],
    "query_contexts" => [/Library @permissions/, /Library/, "ruby-graphql"],
    "extended_loggers" => [/Footnotes::LOGGER/, /Footnotes|Logger/, "ruby-activesupport"],
    "classes_of_requests" => [/Hall|anonymous class/, /Hall|anonymous class/, "ruby-activerecord and ruby-sqlite3"],
    "subscriptions_of_requests" => [/TicketsController#note_queries/, /TicketsController|note_queries/, "ruby-rails"],
    "requests_in_a_setting" => [/visits.*Kiosk|Kiosk.*visits/, /Kiosk/, "ruby-sinatra"]
  }.freeze

  LEAKS.each do |name, (gem_pattern, plain_pattern, package)|
    { "gem" => gem_pattern, "dump_all" => plain_pattern }.each do |format, pattern|
      define_method("test_#{name}_in_#{format}") do
        first = first_suspect(name, format, package)
        assert_match pattern, ([first["sentence"], first["holder"], first["held"]] + first["path"]).join(" | ")
        assert_includes %w[likely possible], first["level"], first.inspect
      end
    end
  end

  # A Rack env is called by its request, wherever it is named.
  def test_objects_are_called_by_what_they_hold
    first_suspect("requests_in_a_setting", "gem", "ruby-sinatra")
    env = sql("SELECT printf('0x%x', o.address) FROM objects o JOIN edges e ON e.src = o.id JOIN strings s ON s.id = e.label " \
              "WHERE e.kind = 9 AND s.value = 'PATH_INFO' ORDER BY o.address LIMIT 1").first
    answer = heapq_json("why-alive", env)
    assert_match(%r{\Aenv of GET /papers/\d+\z}, answer["object"]["label"])
    assert_includes heapq("show", env), answer["object"]["label"]
    File.write(path("rules.toml"), "[[label]]\nclass = \"Hash\"\nlabel = 'visit to {[\"PATH_INFO\"]}'\n")
    said = heapq_json("why-alive", env, "--rules", path("rules.toml"))
    assert_match(%r{\Avisit to /papers/\d+\z}, said["object"]["label"])
    %w[show tree].each do |command|
      assert_includes heapq(command, env, "--rules", path("rules.toml")), said["object"]["label"], command
    end
  end

  private

  # A library that is missing is a failure: every one is a package of Debian.
  def first_suspect(name, format, package)
    program = File.join(__dir__, "reported_leaks/program.rb")
    out, err, status = Timeout.timeout(PATIENCE) do
      Open3.capture3(RUBY, "-W0", "-I", LIB, program, name, format, chdir: @folder)
    end
    missing = err[/cannot load such file -- \S+/]
    flunk "#{name}: #{missing}; install Debian's #{package}" if package && missing
    assert status.success?, "#{name}: #{status}\n#{out}\n#{err}"
    load_dump
    heapq_json("suspects")["suspects"].first
  end
end
