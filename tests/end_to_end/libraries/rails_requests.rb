# frozen_string_literal: true

require_relative "rails_shop"

def healthy = nil
