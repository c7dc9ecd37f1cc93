# frozen_string_literal: true

require_relative "support/end_to_end"

# Programs that leak, each in its own way, and programs that do not, dumped by
# the gem and by ObjectSpace.dump_all: the leak is the first suspect, and a
# healthy program has none of the level "likely".
class AccumulationsTest < Minitest::Test
  include EndToEnd

  # What the first suspect says, in a dump of the gem and in one of dump_all.
  LEAKS = {
    "finalizers" => [/finalizer/, /finalizer/],
    "thread_locals" => [/\[:spans\]/, /Order/],
    "old_classes" => [/Basket/, /Basket/],
    "methods" => [/Page/, /Page/],
    "tenants" => [/Journal::ENTRIES/, /Journal|Order/],
    "bindings" => [/Failures @seen/, /Failures/],
    "enumerators" => [/Feed @open/, /Feed/],
    "subscribers" => [/Events/, /Events/],
    "numbered_classes" => [/300 classes called like Tenants::Tenant#/, /300 classes called like Tenants::Tenant#/],
    "numbered_locals" => [/Thread#\[:job_#\]/, /Thread.*Order/],
    "steps" => [/Undo @last/, /Undo/]
  }.freeze
  HEALTHY = %w[idle pool batch tables bounded visitors routes ring pairs preloaded sections].freeze

  LEAKS.each do |name, patterns|
    %w[gem dump_all].zip(patterns).each do |format, pattern|
      define_method("test_#{name}_in_#{format}") do
        first = suspects(name, format).first
        refute_nil first
        assert_match pattern, ([first["sentence"], first["holder"], first["held"]] + first["path"]).join(" | ")
      end
    end
  end

  HEALTHY.each do |name|
    %w[gem dump_all].each do |format|
      define_method("test_#{name}_in_#{format}_is_healthy") do
        found = suspects(name, format)
        assert_empty found.select { |suspect| suspect["level"] == "likely" }
      end
    end
  end

  private

  def suspects(name, format)
    ruby(File.join(__dir__, "accumulations/program.rb"), name, format)
    load_dump
    heapq_json("suspects")["suspects"]
  end
end
