//! Administration rights, project members, and viewed items.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::State;
use crate::{
    error::ApiError,
    model::{Id, ProjectRecord, Team, Thing, Viewed},
};

impl State {
    /// Rejects users who are not administrators of the space.
    pub(crate) fn must_administrate(&self, user: Id) -> Result<(), ApiError> {
        match self.user(user)?.role_type {
            1 => Ok(()),
            _ => Err(only_administrators()),
        }
    }

    /// A joined project, for administrators of the space or of the project.
    pub(crate) fn administrated(
        &mut self,
        user: Id,
        id_or_key: &str,
    ) -> Result<&mut ProjectRecord, ApiError> {
        let of_space = self.user(user)?.role_type == 1;
        let record = self.project_mut(user, id_or_key)?;
        match of_space || record.administrators.contains(&user) {
            true => Ok(record),
            false => Err(only_administrators()),
        }
    }

    pub(crate) fn team(&self, id: Id) -> Result<&Team, ApiError> {
        self.teams
            .get(&id)
            .ok_or_else(|| ApiError::no_resource(format!("No team. (id:{id})")))
    }

    /// Updates the members after a user or a team joined or left a project.
    pub(crate) fn settle_members(&mut self, project: Id) {
        let Some(record) = self.projects.get_mut(&project) else {
            return;
        };
        let teams = record.teams.iter().filter_map(|id| self.teams.get(id));
        let of_teams: BTreeSet<_> = teams
            .flat_map(|team| team.members.iter().copied())
            .collect();
        record.members = &record.joined | &of_teams;
        record.administrators = &record.administrators & &record.members;
    }

    /// Records that a user viewed an item, which becomes the latest.
    pub(crate) fn view(&mut self, user: Id, thing: Thing, at: DateTime<Utc>) {
        self.viewed
            .retain(|viewed| viewed.user != user || viewed.thing != thing);
        self.viewed.push(Viewed { user, thing, at });
    }
}

fn only_administrators() -> ApiError {
    ApiError::unauthorized_operation("Only administrators may do this.")
}
