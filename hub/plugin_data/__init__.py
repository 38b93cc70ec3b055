"""What plugins keep: tables of their own, reached through a fence; personal data in them; and how all of it goes again."""
