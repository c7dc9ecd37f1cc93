# frozen_string_literal: true

require_relative "support/end_to_end"

# Leaks in programs with real libraries, alone and as a small part of a Rails
# application's heap, and programs that are well: libraries/*.rb.
class LibrariesTest < Minitest::Test
  include EndToEnd

  # What the first suspect names; Debian's package of the library; the file and
  # the text of the line to look at; the levels that are right, if not "likely".
  LEAKS = {
    "subscribers" => [/Upload|upload\.done/, "ruby-activesupport", /subscribe\("upload\.done"\)/],
    "route_filters" => [/Portal/, "ruby-sinatra", /Portal\.after/],
    "query_loggers" => [/QueryLog/, "ruby-sequel", nil, %w[likely possible]],
    "presenters" => [/Presenters/, "ruby-concurrent", /CACHE\.compute_if_absent/],
    "confirmations" => [/Confirmations/, "ruby-concurrent", /@go/, %w[likely possible]],
    "price_list" => [/PriceList/, nil, /@quotes\[/],
    "outbox" => [/Mailer/, nil, /OUTBOX <</],
    "tail" => [/Tail/, nil, /@@lines <</]
  }.freeze
  HEALTHY = {
    "rails_requests" => "ruby-rails", "examples" => "ruby-rspec", "busy_puma" => "puma",
    "documentation" => "yard", "settings" => nil
  }.freeze
  FORMATS = %w[gem dump_all].freeze

  LEAKS.each do |name, (pattern, package, line, levels)|
    FORMATS.each do |format|
      define_method("test_#{name}_in_#{format}") do
        assert_found suspects(name, format, package), pattern, line, format, levels || %w[likely]
      end
      define_method("test_#{name}_in_a_rails_application_in_#{format}") do
        assert_found suspects(name, format, package || "ruby-rails", "in_rails"), pattern, line, format, levels || %w[likely]
      end
    end
  end

  HEALTHY.each do |name, package|
    FORMATS.each do |format|
      define_method("test_#{name}_in_#{format}_is_healthy") do
        assert_empty suspects(name, format, package).select { |suspect| suspect["level"] == "likely" }
      end
    end
  end

  # The files that the dump names are gone when the question comes: the calls
  # that the methods made tell what grows, and where.
  { "price_list" => "PriceList.quote", "tail" => "Tail.push" }.each do |name, method|
    define_method("test_#{name}_without_its_source_in_a_rails_application") do
      first = suspects(name, "gem", "ruby-rails", "in_rails", programs: copy_of_programs).first
      assert_equal ["likely", method], [first["level"], first.dig("where", "label")], first.inspect
      assert_operator first["where"]["line"], :>, 0
    end
  end

  def test_settings_without_their_source_are_healthy
    found = suspects("settings", "gem", nil, programs: copy_of_programs)
    assert_empty found.select { |suspect| suspect["level"] == "likely" }
  end

  private

  # A folder that is removed before the dump is loaded.
  def copy_of_programs
    FileUtils.cp_r(File.join(__dir__, "support"), path("support"))
    path("programs").tap { |folder| FileUtils.cp_r(File.join(__dir__, "libraries"), folder) }
  end

  def suspects(name, format, package, *options, programs: nil)
    program = File.join(programs || File.join(__dir__, "libraries"), "program.rb")
    out, err, status = Timeout.timeout(PATIENCE) do
      Open3.capture3(RUBY, "-W0", "-I", LIB, program, name, format, *options, chdir: @folder)
    end
    # A file of these programs that is missing is a failure.
    if package && err.match?(%r{cannot load such file -- (?!/)})
      skip "SKIPPED: #{err[/cannot load such file -- \S+/]}; install Debian's #{package}"
    end
    assert status.success?, "#{name}: #{status}\n#{out}\n#{err}"
    FileUtils.remove_entry(programs) if programs
    load_dump
    heapq_json("suspects")["suspects"]
  end

  def assert_found(found, pattern, line, format, levels)
    first = found.first
    refute_nil first
    assert_match pattern, ([first["sentence"], first["holder"], first["held"]] + first["path"]).join(" | ")
    assert_includes levels, first["level"], first.inspect
    where = first["where"]
    assert_equal File.join(__dir__, "libraries"), File.dirname(where["file"]), first.inspect
    return unless line && format == "gem"

    assert_match line, File.readlines(where["file"])[where["line"] - 1]
  end
end
