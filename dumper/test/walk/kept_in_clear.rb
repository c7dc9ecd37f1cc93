# frozen_string_literal: true

# What stays in clear whatever `strings` says, each with a name that test_canaries.rb
# looks for. A comment is not code: kept_nowhere_comment.
class KeptClass
  KEPT_CONSTANT = :kept_symbol
  @@kept_class_variable = 1

  Member = Struct.new(:kept_member)
  attr_accessor :kept_attribute

  def initialize
    @kept_variable = 2_147_483_646
    @kept_small = -42
    self.kept_attribute = true
  end

  def kept_method(kept_parameter = :kept_value)
    kept_local = Object.new
    [proc { kept_local }, kept_parameter]
  end
end

$kept_global = KeptClass.new
$kept_closure = $kept_global.kept_method
$kept_member = KeptClass::Member.new(1)
$kept_hash = { kept_key: 1 }
$kept_thread = Thread.new { Thread.current[:kept_thread_key] = 1; sleep }
Thread.pass until $kept_thread.stop?
