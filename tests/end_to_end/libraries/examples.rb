# frozen_string_literal: true

require "rspec"
require "stringio"

Money = Struct.new(:cents)
RSpec.describe Money do
  60.times do |group|
    context "with #{group}" do
      let(:money) { Money.new(group) }
      8.times { |number| it("keeps #{number}") { expect(money.cents).to eq(group) } }
    end
  end
end

def healthy = RSpec::Core::Runner.run([], StringIO.new, StringIO.new)
