# frozen_string_literal: true

# A Rails application that has answered some requests.
ENV["RAILS_ENV"] = "production"
ENV["DATABASE_URL"] = "sqlite3::memory:"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "action_mailer/railtie"
require "logger"
require "rack/mock"

class Shop < Rails::Application
  config.eager_load = false
  config.secret_key_base = "x" * 64
  config.logger = Logger.new(nil)
  config.hosts.clear
  routes.append do
    40.times { |number| resources :"kind#{number}s" }
    get "/products/:id", to: "products#show"
  end
end
Shop.initialize!
ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define { create_table(:products) { |table| table.string :name } }

class Product < ActiveRecord::Base; end

class ProductsController < ActionController::Base
  def show
    @product = Product.find(params[:id])
    render inline: "<p><%= @product.name %></p>"
  end
end
20.times { |number| Product.create!(name: "product #{number}") }
60.times do |number|
  response = Rack::MockRequest.new(Shop).get("/products/#{number % 20 + 1}")
  raise response.body unless response.status == 200
end
