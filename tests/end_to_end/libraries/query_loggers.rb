# frozen_string_literal: true

require "sequel"

DB = Sequel.sqlite
DB.create_table(:items) { primary_key :id }

class QueryLog
  def initialize = @lines = []

  %i[debug info warn error].each do |level|
    define_method(level) { |text| @lines << text.dup if @lines.size < 12 }
  end
end

class Endpoint
  def call(id)
    DB.loggers << QueryLog.new
    DB[:items].where(id: id).first
  end
end

def leak(count) = (count / 2).times { |number| Endpoint.new.call(number) }
