# frozen_string_literal: true

require_relative "end_to_end"

# Four dumps of three processes: before a deploy on two hosts, and after it,
# with a leak, on both. What a test of an engine has to do: `send_dump` and
# `ask`.
module Fleet
  include EndToEnd

  PROGRAM = File.join(__dir__, "../programs/exported.rb")
  PAGE = File.join(REPOSITORY, "docs/guide/fleet.md")
  DUMPS = [ # host, pid, leaks, time
    ["web-1", 101, 0, "2026-11-23T10:00:00Z"],
    ["web-2", 202, 0, "2026-11-23T10:00:01Z"],
    ["web-1", 101, 4000, "2026-11-23T14:00:00Z"],
    ["web-2", 303, 4000, "2026-11-23T14:00:01Z"]
  ].freeze
  QUESTIONS = File.read(PAGE).scan(/```sql\n(.*?)```/m).flatten.map(&:strip)

  def dump_and_send_all
    DUMPS.each do |host, pid, leaks, time|
      make_dump(host, pid, leaks, time)
      send_dump(host, db_of(time))
    end
  end

  # A heap.db of a real process; its header tells another pid and another time.
  def make_dump(host, pid, leaks, time)
    dump = path("#{host}.json")
    ruby(PROGRAM, dump, leaks.to_s)
    run_command("sed", "-i", "-e", "1s/\"pid\":[0-9]*/\"pid\":#{pid}/", "-e", "1s/\"time\":\"[^\"]*\"/\"time\":\"#{time}\"/", dump)
    load_dump(dump, db: db_of(time))
    File.unlink(dump)
  end

  def db_of(time)
    path("#{time.tr(':', '-')}.db")
  end

  # The table of every dump holds what its heap.db has.
  def assert_all_came
    DUMPS.each do |host, pid, _, time|
      db = db_of(time)
      dump, app = ask("SELECT dump, app FROM dumps WHERE host = '#{host}' AND pid = #{pid} AND time = '#{time[0, 19].tr('T', ' ')}'").first
      assert_equal "shop", app
      { "objects" => "SELECT count(*), sum(size), sum(coalesce(retained, 0)) FROM objects",
        "types" => nil, "suspects" => nil, "fingerprints" => nil,
        "edges" => "SELECT count(*), sum(src), sum(dst) FROM (SELECT src, dst FROM v_edges UNION ALL SELECT src, dst FROM weak_edges)",
        "roots" => "SELECT count(*), sum(dst), 0 FROM roots" }.each do |table, same|
        sums = { "objects" => "sum(size), sum(coalesce(retained, 0))", "edges" => "sum(src), sum(dst)", "roots" => "sum(object), 0" }[table] || "1"
        found = ask("SELECT count(*), #{sums} FROM #{table} WHERE dump = #{dump}").first
        assert_operator found[0].to_i, :>, 0, table
        assert_equal sql(same, db: db).first, found, table if same
      end
    end
  end

  # What the program planted arrives as it was.
  def assert_texts_arrive
    labels = ask("SELECT DISTINCT label FROM edges WHERE kind = 'member'").flatten
    ["tab\tmember", "back\\slash", "line\nmember"].each { |label| assert_includes labels, escaped(label) }
  end

  # As both engines print a text in lines separated by tabs.
  def escaped(text)
    text.gsub("\\") { "\\\\" }.gsub("\t") { "\\t" }.gsub("\n") { "\\n" }
  end

  def assert_questions_are_answered
    assert_operator QUESTIONS.size, :>=, 12
    answers = QUESTIONS.to_h { |question| [question, ask(question.delete_suffix(";"))] }
    answers.each { |question, rows| refute_empty rows, question }
    find = ->(word) { answers.find { |question, _| question.include?(word) }.last }

    assert_equal DUMPS.map { |host, pid, *| [host, pid.to_s] }, find["objects, size, reachable_size"].map { |row| row[2, 2] }
    grown = find["size_before"].map(&:first)
    assert_includes grown, "Shop::Order"
    assert_includes grown.first(3), "String"
    new_one = find["first_seen, count"].find { |row| row[3].include?("Bus::INSTANCE") }
    assert_equal "2", new_one[2], "both workers after the deploy have it"
    assert(find["first_seen, max(retained)"].any? { |row| row[3].include?("Bus::INSTANCE") })
    shared = find["AS hosts"].find { |row| row[0] == new_one[0] }
    assert_equal %w[2 2], shared[1, 2]
    assert(find["SELECT file, line, count(DISTINCT dump) AS dumps, sum(retained)"].any? { |row| row[0].end_with?("exported.rb") })
    assert_includes find["kind, label, weak"].map { |row| row[0, 2] }, %w[local order]
  end
end
