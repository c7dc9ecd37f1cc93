# frozen_string_literal: true

require "sinatra/base"
require "rack/mock"

# A filter for each request, where one for all was meant.
class Portal < Sinatra::Base
  set :environment, :production
  get "/page/:id" do
    id = params[:id] * 20
    Portal.after { headers["X-Page"] = id }
    "a page"
  end
end

def leak(count) = (count / 5).times { |number| Rack::MockRequest.new(Portal).get("/page/#{number}") }
