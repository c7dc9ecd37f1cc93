# frozen_string_literal: true

# Holds docs/reference/commands.md against the golden cases: every member of their JSON
# and every column of their CSV stands in the section of its command.
require "csv"
require "json"
require "minitest/autorun"

class CommandsPageTest < Minitest::Test
  ROOT = File.expand_path("../..", __dir__)
  # Members whose own members are data.
  FREE = %w[header dropped basic_types user_types].freeze

  def test_every_member_and_column_is_documented
    seen = 0
    missing = answers.flat_map do |command, words|
      seen += 1
      section = sections.fetch(command) { flunk "docs/reference/commands.md has no section #{command}" }
      (words - documented(sections.fetch("")) - documented(section)).map { |word| "#{command}: #{word}" }
    end
    assert_operator seen, :>, 10
    assert_empty missing.uniq
  end

  def test_every_command_has_a_section_and_stands_in_the_readme
    described = commands - %w[help completions man] # `heapq help` is their page
    assert_operator described.size, :>, 25
    assert_empty described - sections.keys
    cells = File.read(File.join(ROOT, "README.md")).scan(/^\| (`heapq (?:\\\||[^|])*) \|/).flatten
    assert_empty described - %w[load] - cells.flat_map { |cell| cell.scan(/`(?:heapq )?([a-z-]+)/).flatten }
  end

  # A command that prints rows has its JSON in a golden case.
  def test_every_answer_in_json_has_a_golden_case
    without_rows = %w[load report serve explore sql export hunt mcp help completions man check]
    asked = Dir[File.join(ROOT, "tests/cli/golden/*.case")].flat_map do |file|
      File.read(file).scan(/^=== heapq (\S+).* --format json/).flatten
    end
    assert_empty commands - without_rows - asked
  end

  private

  # As the sources register them.
  def commands
    @commands ||= Dir[File.join(ROOT, "cli/**/*.cc")].flat_map do |file|
      File.read(file).scan(/AddCommand\(\s*"([a-z-]+)"/).flatten
    end
  end

  # [command, members or columns] of each answer in JSON or CSV.
  def answers
    Dir[File.join(ROOT, "tests/cli/golden/*.case")].sort.flat_map do |file|
      File.read(file).split(/^=== /).filter_map do |section|
        title, exit_code, marker, *lines = section.lines(chomp: true)
        next unless title&.start_with?("heapq ") && exit_code == "exit 0" && marker == "--- stdout"

        out = lines.take_while { |line| line != "--- stderr" }.join("\n")
        command = title[/\Aheapq (\S+)/, 1]
        next if %w[sql export report check].include?(command)

        case title
        when /--format json/ then [command, members(JSON.parse(out, max_nesting: false))]
        when /--format csv/ then [command, CSV.parse_line(out)]
        end
      end
    end
  end

  def members(value)
    case value
    when Array then value.flat_map { |each| members(each) }.uniq
    when Hash then value.flat_map { |key, inner| [key, *(members(inner) unless FREE.include?(key))] }.uniq
    else []
    end
  end

  # Text by heading; "refs, referrers" heads two, "" is what stands before all.
  def sections
    @sections ||= File.read(File.join(ROOT, "docs/reference/commands.md")).split(/^## /).each_with_index.flat_map do |text, index|
      heads = index.zero? ? [""] : text.lines.first.strip.split(", ")
      heads.map { |head| [head, text] }
    end.to_h
  end

  def documented(text)
    text.scan(/`([^`\n]+)`/).flat_map { |(code)| code.split(/\W+/) } + text.scan(/"(\w+)":/).flatten
  end
end
