# frozen_string_literal: true

# Makes the process one of a size that programs have: boots Rails, loads a part
# of the standard library, and holds the syntax trees of its own sources, as a
# linter does. More than 0.25 million objects.
require "rails/all"
require "bundler"
require "csv"
require "openssl"
require "rdoc"
require "rexml/document"
require "ripper"

[ActiveSupport, ActiveModel, ActiveRecord, ActionController, ActionDispatch, ActionView, ActiveJob, ActionMailer]
  .each { |framework| framework.eager_load! if framework.respond_to?(:eager_load!) }
$specifications = Gem::Specification.to_a
$syntax_trees = $LOADED_FEATURES.grep(%r{/active_(?:support|record)/.*\.rb\z}).first(200).to_h { |file| [file, Ripper.sexp(File.read(file))] }
