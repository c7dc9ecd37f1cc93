# frozen_string_literal: true

require "set"
require_relative "support/end_to_end"

# docs/guide/mongodb.md's line, on a heap of nasty names. No MongoDB server is asked:
# its own library turns every line into BSON, and what a server refuses is
# checked by hand.
class MongoTest < Minitest::Test
  include EndToEnd

  PROGRAM = File.join(__dir__, "programs/nasty_names.rb")
  PAGE = File.join(REPOSITORY, "docs/guide/mongodb.md")
  LIMIT = 16 * 1024 * 1024 # bytes of one document

  def setup
    super
    begin
      require "bson"
    rescue LoadError
      skip "ruby-bson is not installed"
    end
    ruby(PROGRAM, path("dump.json"))
    # The page's own command, so that it is right.
    sed = File.read(PAGE)[/sed '[^']+'/] or flunk "no sed line in #{PAGE}"
    @lines = run_command("sh", "-c", "#{sed} < dump.json").lines(chomp: true)
  end

  def test_every_line_is_a_document
    ids = Set.new
    @lines.each do |line|
      assert_operator line.bytesize, :<, LIMIT
      assert line.valid_encoding?
      document = JSON.parse(line, max_nesting: 100)
      assert ids.add?(document.fetch("_id")), "#{document['_id']} stands twice"
      refute document.key?("id")
      refuse_names(document, line)
      bson = document.to_bson
      assert_operator bson.length, :<, LIMIT
      assert_equal document, Hash.from_bson(BSON::ByteBuffer.new(bson.to_s))
    end
    assert_operator ids.size, :>, 10_000
    assert_equal %w[_HEADER_ _END_], [@lines.first, @lines.last].map { |line| JSON.parse(line)["_id"] }
  end

  # What the program planted is really in there, else nothing was tried.
  def test_the_nasty_names_are_there
    text = @lines.join("\n")
    ["$dollar", "dot.ted", "@ünï", "$,", "a\\u0000b", "_id"].each do |name|
      assert_includes text, name
    end
    assert(@lines.any? { |line| line =~ /"_id":"\d+\+1"/ }, "a record long enough to be continued")
  end

  private

  # Names that MongoDB refuses, or that its queries cannot reach.
  def refuse_names(value, line)
    case value
    when Hash
      value.each do |name, inner|
        refute name.start_with?("$") || name.include?(".") || name.include?("\0") || name.empty?,
               "#{name.inspect} in #{line[0, 300]}"
        refuse_names(inner, line)
      end
    when Array
      value.each { |inner| refuse_names(inner, line) }
    end
  end
end
