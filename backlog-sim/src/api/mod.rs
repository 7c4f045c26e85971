//! The REST API under `/api/v2`, one file per resource.

mod activities;
mod attachments;
mod categories;
mod comments;
mod custom_field_items;
mod custom_field_settings;
mod custom_fields;
mod disk_usage;
mod documents;
mod icons;
mod issue_changes;
mod issue_edit;
mod issue_filter;
mod issue_sort;
mod issue_types;
mod issues;
mod keyword;
mod masters;
mod notifications;
mod palette;
mod project_members;
mod projects;
mod pull_request_comments;
mod pull_requests;
mod recently_viewed;
mod related_issues;
mod repositories;
mod responses;
mod shared_files;
mod space;
mod stars;
mod statuses;
mod teams;
mod users;
mod versions;
mod watchings;
mod webhooks;
mod wikis;

use actix_web::web;

use crate::error;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/api/v2")
            .configure(space::routes)
            .configure(recently_viewed::routes)
            .configure(users::routes)
            .configure(masters::routes)
            .configure(projects::routes)
            .configure(project_members::routes)
            .configure(issue_types::routes)
            .configure(statuses::routes)
            .configure(custom_field_settings::routes)
            .configure(custom_field_items::routes)
            .configure(webhooks::routes)
            .configure(teams::routes)
            .configure(disk_usage::routes)
            .configure(categories::routes)
            .configure(versions::routes)
            .configure(issues::routes)
            .configure(comments::routes)
            .configure(attachments::routes)
            .configure(shared_files::routes)
            .configure(stars::routes)
            .configure(icons::routes)
            .configure(related_issues::routes)
            .configure(watchings::routes)
            .configure(wikis::routes)
            .configure(documents::routes)
            .configure(repositories::routes)
            .configure(pull_requests::routes)
            .configure(pull_request_comments::routes)
            .configure(notifications::routes)
            .configure(activities::routes)
            .default_service(web::to(error::not_found)),
    );
}
